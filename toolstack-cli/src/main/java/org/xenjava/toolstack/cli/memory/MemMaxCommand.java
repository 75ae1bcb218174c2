// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.MemorySize;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.xenctrl.units.KiB;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        description =
                "Set the maximum memory of a domain (max_mem). The running guest is not told; static-max follows at its"
                        + " next build.")
final class MemMaxCommand extends DomainCommand {
    @Parameters(
            index = "1",
            paramLabel = "SIZE",
            converter = MemorySize.class,
            description = "in MiB, or with a letter: t, g, m, k (KiB), b (bytes)")
    private KiB size = KiB.ZERO;

    MemMaxCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "cannot be resized yet: only HVM and PVH guests can";
    }

    @Override
    protected void run(Domain domain) {
        domain.memory().setMaximum(size);
    }
}
