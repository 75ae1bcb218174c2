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
        description = {
            "Set the memory of a domain. The balloon driver in the guest follows.",
            "While a populate-on-demand guest has not finished ballooning, a larger size also enlarges its PoD cache."
        })
final class MemSetCommand extends DomainCommand {
    @Parameters(
            index = "1",
            paramLabel = "SIZE",
            converter = MemorySize.class,
            description = "in MiB, or with a letter: t, g, m, k (KiB), b (bytes)")
    private KiB size = KiB.ZERO;

    MemSetCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "cannot be resized yet: only HVM and PVH guests can";
    }

    @Override
    protected void run(Domain domain) {
        domain.memory().set(size);
    }
}
