// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(description = "Stop the vCPUs of a domain. Its memory stays as it is.")
final class PauseCommand extends DomainCommand {
    PauseCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "cannot be paused: nothing could unpause it";
    }

    @Override
    protected void run(Domain domain) {
        domain.pause();
    }
}
