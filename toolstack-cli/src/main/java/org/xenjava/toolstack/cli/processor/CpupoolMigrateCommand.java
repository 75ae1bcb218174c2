// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.processor.PoolMove;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Move a domain to another pool.",
            "Unlike with xl, it keeps its affinities, weight and cap as far as they fit the new pool; a message names what"
                    + " it loses."
        })
final class CpupoolMigrateCommand extends HostCommand {
    @Parameters(index = "0", paramLabel = "DOMAIN", description = "domid, name or UUID")
    private String domain = "";

    @Parameters(index = "1", paramLabel = "POOL", description = "name or number of the pool")
    private String pool = "";

    CpupoolMigrateCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        Domain found = toolstack.resolve(domain);
        PoolMove move = found.processors().moveTo(toolstack.cpuPools().resolve(pool));
        if (!move.unpinned().isEmpty()) {
            session.complain(found + ": vCPUs " + move.unpinned() + " were pinned to CPUs that the pool does not have;"
                    + " they may run on all of its CPUs");
        }
        if (move.share() == PoolMove.Share.LOST) {
            session.complain(found + ": weight and cap are the defaults of the new scheduler");
        }
        return ExitStatus.OK;
    }
}
