// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import org.xenjava.toolstack.CpuPools;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.processor.CpuPool;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Rename a pool. Unlike xl, the command refuses a name that another pool has.")
final class CpupoolRenameCommand extends PoolCommand {
    @Parameters(index = "1", paramLabel = "NAME", description = "the new name")
    private String name = "";

    CpupoolRenameCommand(Session session) {
        super(session);
    }

    @Override
    void run(CpuPools pools, CpuPool pool) {
        pools.rename(pool, name);
    }
}
