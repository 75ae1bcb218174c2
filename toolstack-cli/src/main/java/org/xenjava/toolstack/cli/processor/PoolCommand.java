// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import org.xenjava.toolstack.CpuPools;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.processor.CpuPool;
import picocli.CommandLine.Parameters;

/** A command that acts on one pool. */
abstract class PoolCommand extends HostCommand {
    @Parameters(index = "0", paramLabel = "POOL", description = "name or number of the pool")
    private String pool = "";

    PoolCommand(Session session) {
        super(session);
    }

    @Override
    protected final int run(Toolstack toolstack) {
        CpuPools pools = toolstack.cpuPools();
        run(pools, pools.resolve(pool));
        return ExitStatus.OK;
    }

    abstract void run(CpuPools pools, CpuPool pool);
}
