// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import org.xenjava.toolstack.Domain;
import picocli.CommandLine.Command;

@Command(description = "Print the name of a domain.")
final class DomnameCommand extends DomainCommand {
    DomnameCommand(Session session) {
        super(session);
    }

    @Override
    void run(Domain domain) {
        session.print(domain.name());
    }
}
