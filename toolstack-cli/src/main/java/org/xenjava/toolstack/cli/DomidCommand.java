// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import org.xenjava.toolstack.Domain;
import picocli.CommandLine.Command;

@Command(description = "Print the domid of a domain.")
final class DomidCommand extends DomainCommand {
    DomidCommand(Session session) {
        super(session);
    }

    @Override
    void run(Domain domain) {
        session.print(Integer.toString(domain.domid()));
    }
}
