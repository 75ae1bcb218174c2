// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.ShutdownRequest;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.lifecycle.GuestTrigger;
import picocli.CommandLine.Command;

@Command(description = "Ask a guest to shut down. The guest needs PV drivers to receive the request.")
final class ShutdownCommand extends StopCommand {
    ShutdownCommand(Session session) {
        super(session, ShutdownRequest.POWEROFF, GuestTrigger.POWER, "Shutting down");
    }
}
