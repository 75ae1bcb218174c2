// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.xenctrl.units.KiB;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Set what a domain may grow to; it is not told.")
final class MemMaxCommand extends DomainCommand {
    @Parameters(
            index = "1",
            paramLabel = "SIZE",
            converter = MemorySize.class,
            description = "MiB, or with a letter: t, g, m, k (KiB), b (bytes)")
    private KiB size = KiB.ZERO;

    MemMaxCommand(Session session) {
        super(session);
    }

    @Override
    void run(Domain domain) {
        domain.setMaxMemory(size);
    }
}
