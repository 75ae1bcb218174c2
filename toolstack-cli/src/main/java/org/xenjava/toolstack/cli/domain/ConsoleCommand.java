// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainConsole;
import org.xenjava.toolstack.DomainConsole.ConsoleKind;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.error.ConfigException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Show a console of a domain and send it each key that is typed: the first serial port of an HVM guest that has"
                    + " one with a terminal, the PV console of other guests.",
            "Ctrl-] detaches, as does the end of a pipe. Without any input, as from /dev/null, the console is shown until"
                    + " the guest stops."
        })
final class ConsoleCommand extends DomainCommand {
    /** The longest time to wait for xenconsoled; xenconsole waits as long. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    @Option(
            names = "-t",
            paramLabel = "TYPE",
            converter = Kinds.class,
            description = "kind of the console, pv or serial; pv if only -n is given")
    private Optional<ConsoleKind> kind = Optional.empty();

    @Option(names = "-n", paramLabel = "NUMBER", description = "number of the console, from 0")
    private Optional<Integer> number = Optional.empty();

    ConsoleCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "has no console in xenconsoled: its console is the host's";
    }

    @Override
    protected void run(Domain domain) throws IOException, InterruptedException {
        if (number.filter(given -> given < 0).isPresent()) {
            throw new ConfigException("the number of a console is 0 or more, not " + number.get());
        }
        DomainConsole console = domain.console();
        String terminal = kind.isEmpty() && number.isEmpty()
                ? console.preferredTerminal(LIMIT)
                : console.terminal(kind.orElse(ConsoleKind.PV), number.orElse(0), LIMIT);
        ConsoleSession.attach(terminal, session.console(), () -> {});
    }

    /** Opens the console that xl prefers, runs {@code whenOpen}, and shows the console. */
    static void attach(Domain domain, Session session, Runnable whenOpen) throws IOException, InterruptedException {
        ConsoleSession.attach(domain.console().preferredTerminal(LIMIT), session.console(), whenOpen);
    }

    private static final class Kinds extends Words.Converter<ConsoleKind> {
        Kinds() {
            super(ConsoleKind.class);
        }
    }
}
