// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(description = "Let the vCPUs of a paused domain run.")
final class UnpauseCommand extends DomainCommand {
    UnpauseCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.unpause();
    }
}
