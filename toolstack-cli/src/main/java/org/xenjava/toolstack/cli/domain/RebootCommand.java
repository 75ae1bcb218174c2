// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.ShutdownRequest;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.lifecycle.GuestTrigger;
import picocli.CommandLine.Command;

@Command(description = "Ask a guest to reboot. The guest needs PV drivers to receive the request.")
final class RebootCommand extends StopCommand {
    RebootCommand(Session session) {
        super(session, ShutdownRequest.REBOOT, GuestTrigger.RESET, "Rebooting");
    }
}
