// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import org.xenjava.toolstack.CpuPools;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.processor.CpuPool;
import picocli.CommandLine.Command;

@Command(description = "Destroy a pool without domains. Its CPUs are in no pool then.")
final class CpupoolDestroyCommand extends PoolCommand {
    CpupoolDestroyCommand(Session session) {
        super(session);
    }

    @Override
    void run(CpuPools pools, CpuPool pool) {
        pools.destroy(pool);
    }
}
