// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.XenConsole;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(description = "Print the messages of the hypervisor.")
final class DmesgCommand extends HostCommand {
    @Option(
            names = {"-c", "--clear"},
            description = "clear the messages that were printed")
    private boolean clear;

    DmesgCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        XenConsole console = toolstack.xenConsole();
        (clear ? console.readAndClear() : console.read()).lines().forEach(session::print);
        return ExitStatus.OK;
    }
}
