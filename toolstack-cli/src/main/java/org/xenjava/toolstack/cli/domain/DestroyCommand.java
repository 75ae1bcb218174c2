// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(description = "End a domain at once, without asking the guest.")
final class DestroyCommand extends DomainCommand {
    DestroyCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "cannot be destroyed: it is the control domain";
    }

    @Override
    protected void run(Domain domain) {
        domain.destroy();
    }
}
