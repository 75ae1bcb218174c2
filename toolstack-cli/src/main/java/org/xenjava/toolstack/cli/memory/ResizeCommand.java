// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.MemorySize;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.xenctrl.units.KiB;
import picocli.CommandLine.Parameters;

/** A command that gives one domain a size. */
abstract class ResizeCommand extends DomainCommand {
    @Parameters(
            index = "1",
            paramLabel = "SIZE",
            converter = MemorySize.class,
            description = "in MiB, or with a letter: t, g, m, k (KiB), b (bytes)")
    private KiB size = KiB.ZERO;

    ResizeCommand(Session session) {
        super(session);
    }

    /** Gives the domain the size. */
    abstract void resize(Domain domain, KiB size);

    @Override
    protected void run(Domain domain) {
        resize(domain, size);
    }
}
