// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Send debug keys to the hypervisor; xlj dmesg shows the results. h lists the keys.",
            "R reboots the host and C crashes it, at once."
        })
final class DebugKeysCommand extends HostCommand {
    @Parameters(index = "0", paramLabel = "KEYS", description = "the keys, in their order")
    private String keys = "";

    DebugKeysCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        toolstack.xenConsole().sendDebugKeys(keys);
        return ExitStatus.OK;
    }
}
