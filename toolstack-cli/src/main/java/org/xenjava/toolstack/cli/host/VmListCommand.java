// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.Locale;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(description = "List the UUID, the domid and the name of every domain.")
final class VmListCommand extends HostCommand implements ReadOnly {
    VmListCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        session.print("UUID                                  ID    name");
        toolstack
                .statuses()
                .forEach(status -> session.print(
                        String.format(Locale.ROOT, "%s  %d    %-30s", status.uuid(), status.domid(), status.name())));
        return ExitStatus.OK;
    }
}
