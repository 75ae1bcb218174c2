// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.UUID;
import org.xenjava.toolstack.Toolstack;
import picocli.CommandLine.Command;

@Command(description = "Destroy what builds have left whose process was killed, and print its UUIDs.")
final class GcCommand extends HostCommand {
    GcCommand(Session session) {
        super(session);
    }

    @Override
    int run(Toolstack toolstack) {
        for (UUID uuid : toolstack.recover()) {
            session.print(uuid.toString());
        }
        return ExitStatus.OK;
    }
}
