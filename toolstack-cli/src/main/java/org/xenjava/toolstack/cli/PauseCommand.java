// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import org.xenjava.toolstack.Domain;
import picocli.CommandLine.Command;

@Command(description = "Stop a domain's vCPUs; it keeps its memory.")
final class PauseCommand extends DomainCommand {
    PauseCommand(Session session) {
        super(session);
    }

    @Override
    void run(Domain domain) {
        domain.pause();
    }
}
