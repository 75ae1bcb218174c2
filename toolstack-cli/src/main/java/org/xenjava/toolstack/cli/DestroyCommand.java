// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import org.xenjava.toolstack.Domain;
import picocli.CommandLine.Command;

@Command(description = "End a domain at once, as if its power cord were pulled.")
final class DestroyCommand extends DomainCommand {
    DestroyCommand(Session session) {
        super(session);
    }

    @Override
    void run(Domain domain) {
        domain.destroy();
    }
}
