// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(
        description = {
            "Destroy unfinished domains of builds whose process was killed.",
            "Every command that opens Xen does so first and logs it; this command does nothing else."
        })
final class GcCommand extends HostCommand {
    GcCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        toolstack.recover();
        return ExitStatus.OK;
    }
}
