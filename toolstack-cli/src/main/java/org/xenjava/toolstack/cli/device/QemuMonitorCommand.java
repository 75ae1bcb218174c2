// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Execute a command of the monitor of a domain's QEMU and print its output, such as info block.",
            "The toolstack does not learn what the command changes."
        })
final class QemuMonitorCommand extends DomainCommand {
    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "COMMAND",
            description = "the command and its arguments, in one word or in several")
    private final List<String> words = new ArrayList<>();

    QemuMonitorCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.deviceModel().execute(String.join(" ", words)).lines().forEach(session::print);
    }
}
