// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(description = "Print the domid of a domain.")
final class DomidCommand extends DomainCommand implements ReadOnly {
    DomidCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        session.print(Integer.toString(domain.domid()));
    }
}
