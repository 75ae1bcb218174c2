// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.xenctrl.units.KiB;
import picocli.CommandLine.Command;

@Command(
        description =
                "Set the maximum memory of a domain (max_mem). The running guest is not told; static-max follows at its"
                        + " next build.")
final class MemMaxCommand extends ResizeCommand {
    MemMaxCommand(Session session) {
        super(session);
    }

    @Override
    void resize(Domain domain, KiB size) {
        domain.memory().setMaximum(size);
    }
}
