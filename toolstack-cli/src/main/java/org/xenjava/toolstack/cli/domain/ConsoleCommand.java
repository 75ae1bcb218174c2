// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.IOException;
import java.time.Duration;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(
        description = {
            "Show the PV console of a domain and send it each key that is typed.",
            "Ctrl-] detaches, as does the end of a pipe. Without any input, as from /dev/null, the console is shown until"
                    + " the guest stops."
        })
final class ConsoleCommand extends DomainCommand {
    /** The longest time to wait for xenconsoled; xenconsole waits as long. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    ConsoleCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "has no console in xenconsoled: its console is the host's";
    }

    @Override
    protected void run(Domain domain) throws IOException, InterruptedException {
        ConsoleSession.attach(domain.console().terminal(PATIENCE), session.console(), () -> {});
    }
}
