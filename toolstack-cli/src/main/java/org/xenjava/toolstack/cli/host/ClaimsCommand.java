// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(description = "List the domains with the memory in MiB that each has claimed and not taken yet.")
final class ClaimsCommand extends HostCommand implements ReadOnly {
    ClaimsCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        DomainList.claimLines(toolstack.statuses()).forEach(session::print);
        return ExitStatus.OK;
    }
}
