// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import org.xenjava.toolstack.CpuPools;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.CpuPool;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Remove CPUs from a pool. Unlike xl, the command fails if one of them cannot be removed.")
final class CpupoolCpuRemoveCommand extends PoolCommand {
    @Parameters(index = "1", paramLabel = "CPUS", description = "a list of CPUs, such as 0-3,^2,node:1")
    private String cpus = "";

    CpupoolCpuRemoveCommand(Session session) {
        super(session);
    }

    @Override
    void run(CpuPools pools, CpuPool pool) {
        pools.removeCpus(pool, pools.cpus(CpuList.parse(cpus)));
    }
}
