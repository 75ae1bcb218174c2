// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.error.DomainStateException;
import picocli.CommandLine.Command;

/** Prints the address of the VNC server; xl starts a viewer instead. */
@Command(description = "Print ADDRESS:PORT at which a VNC viewer reaches an HVM guest's screen.")
final class VncviewerCommand extends DomainCommand implements ReadOnly {
    VncviewerCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        session.print(domain.screen()
                .vnc()
                .orElseThrow(() -> new DomainStateException(domain + " has no VNC server"))
                .toString());
    }
}
