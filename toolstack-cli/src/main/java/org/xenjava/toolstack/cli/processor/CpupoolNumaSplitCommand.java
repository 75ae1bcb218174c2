// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(
        description = {
            "Make a pool of the CPUs of each NUMA node. Pool 0 keeps the CPUs of dom0's node.",
            "Unlike with xl, dom0 keeps its vCPUs, and a failure leaves pool 0 as it was."
        })
final class CpupoolNumaSplitCommand extends HostCommand {
    CpupoolNumaSplitCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        toolstack.cpuPools().splitByNode();
        return ExitStatus.OK;
    }
}
