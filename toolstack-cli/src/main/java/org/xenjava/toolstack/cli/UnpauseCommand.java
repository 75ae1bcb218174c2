// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import org.xenjava.toolstack.Domain;
import picocli.CommandLine.Command;

@Command(description = "Let a paused domain run.")
final class UnpauseCommand extends DomainCommand {
    UnpauseCommand(Session session) {
        super(session);
    }

    @Override
    void run(Domain domain) {
        domain.unpause();
    }
}
