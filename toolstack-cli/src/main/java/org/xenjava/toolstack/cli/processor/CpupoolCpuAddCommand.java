// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import org.xenjava.toolstack.CpuPools;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.CpuPool;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        description =
                "Add CPUs that are in no pool to a pool. Unlike xl, the command fails if one of them is not free.")
final class CpupoolCpuAddCommand extends PoolCommand {
    @Parameters(index = "1", paramLabel = "CPUS", description = "a list of CPUs, such as 0-3,^2,node:1")
    private String cpus = "";

    CpupoolCpuAddCommand(Session session) {
        super(session);
    }

    @Override
    void run(CpuPools pools, CpuPool pool) {
        pools.addCpus(pool, pools.cpus(CpuList.parse(cpus)));
    }
}
