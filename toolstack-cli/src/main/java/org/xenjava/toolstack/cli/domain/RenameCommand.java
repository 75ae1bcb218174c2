// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Rename a domain. The name stays through restarts.")
final class RenameCommand extends DomainCommand {
    @Parameters(index = "1", paramLabel = "NAME", description = "the new name")
    private String name = "";

    RenameCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.rename(name);
    }
}
