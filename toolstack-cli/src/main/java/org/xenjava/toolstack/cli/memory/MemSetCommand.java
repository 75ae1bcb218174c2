// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.xenctrl.units.KiB;
import picocli.CommandLine.Command;

@Command(
        description = {
            "Set the memory of a domain. The balloon driver in the guest follows.",
            "Domain 0 keeps what its programs use and a margin, and the host keeps a reserve of 64 MiB.",
            "While a populate-on-demand guest has not finished ballooning, a larger size also enlarges its PoD cache."
        })
final class MemSetCommand extends ResizeCommand {
    MemSetCommand(Session session) {
        super(session);
    }

    @Override
    void resize(Domain domain, KiB size) {
        domain.memory().set(size);
    }
}
