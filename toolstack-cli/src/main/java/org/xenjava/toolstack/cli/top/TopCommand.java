// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.top;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.cli.output.RawTerminal;
import org.xenjava.toolstack.cli.output.Words;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        description = {
            "Show the domains with their use of CPUs, memory, networks and disks again and again, until q or Ctrl-C.",
            "With -b, or if standard output is no terminal, print xentop's table of counters, with the pages in KiB that"
                    + " a populate-on-demand guest lacks (DEBT)."
        })
final class TopCommand extends HostCommand implements ReadOnly {
    private static final int KEYS = 16;

    @Option(
            names = {"-b", "--batch"},
            description = "print tables one below the other; no keys")
    private boolean batch;

    @Option(
            names = {"-d", "--delay"},
            paramLabel = "SECONDS",
            defaultValue = "3",
            description = "time between two readings; ${DEFAULT-VALUE} by default")
    private int delaySeconds;

    @Option(
            names = {"-i", "--iterations"},
            paramLabel = "COUNT",
            description = "end after so many readings")
    private Optional<Integer> iterations = Optional.empty();

    @Option(
            names = {"-f", "--full-name"},
            description = "with -b: print names in full length")
    private boolean fullNames;

    @Option(
            names = {"-o", "--order"},
            paramLabel = "KEY",
            converter = Keys.class,
            description = "cpu, time, memory, debt, network, disk, name or domid; cpu by default")
    private SortKey order = SortKey.CPU;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private Optional<HostSample> last = Optional.empty();

    TopCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) throws IOException, InterruptedException {
        if (delaySeconds < 1 || iterations.filter(count -> count < 1).isPresent()) {
            throw new ParameterException(spec.commandLine(), "delay and iterations are 1 or more");
        }
        Console console = session.console();
        if (batch || !console.canRedraw() || !console.isTerminal(Console.Stream.IN)) {
            Sleeper.Stoppable pauses = session.sleeper().stoppable();
            return SignalShutdown.run(pauses::stop, () -> printTables(toolstack, pauses));
        }
        RawTerminal.withKeys(rows -> show(toolstack, rows));
        return ExitStatus.OK;
    }

    private int printTables(Toolstack toolstack, Sleeper.Stoppable pauses) {
        int left = iterations.orElse(Integer.MAX_VALUE);
        do {
            TopTables.Names names = fullNames ? TopTables.Names.FULL : TopTables.Names.SHORT;
            List<Usage> domains = next(toolstack);
            TopTables.xentop(last.orElseThrow().host(), domains, names).forEach(session::print);
            left--;
        } while (left > 0 && pauses.sleep(Duration.ofSeconds(delaySeconds)));
        return ExitStatus.OK;
    }

    private List<Usage> next(Toolstack toolstack) {
        HostSample sample = HostSample.of(toolstack, session.sleeper().now());
        List<Usage> domains = Usage.between(last, sample);
        last = Optional.of(sample);
        return order.sorted(domains);
    }

    private void show(Toolstack toolstack, IntSupplier rows) throws InterruptedException {
        BlockingQueue<Character> keys = new ArrayBlockingQueue<>(KEYS);
        startReader(session.console().in(), keys);
        List<Usage> domains = next(toolstack);
        for (int left = iterations.orElse(Integer.MAX_VALUE); ; ) {
            session.console().redraw(fitting(domains, rows.getAsInt()));
            Character key = keys.poll(delaySeconds, TimeUnit.SECONDS);
            if (key == null || key == ' ') {
                left--;
                if (left == 0) {
                    return;
                }
                domains = next(toolstack);
            } else if (Character.toLowerCase(key) == 's') {
                order = order.next();
                domains = order.sorted(domains);
            } else if (Character.toLowerCase(key) == 'q') {
                return;
            }
        }
    }

    /** The last line of the screen stays empty: a line more would scroll. */
    private List<String> fitting(List<Usage> domains, int rows) {
        List<String> lines = TopTables.screen(last.orElseThrow().host(), domains, order);
        return rows > 1 && lines.size() >= rows ? lines.subList(0, rows - 1) : lines;
    }

    /** Starts a daemon thread: a blocked read cannot be interrupted, so the thread ends with the process. */
    private static void startReader(InputStream in, BlockingQueue<Character> keys) {
        Thread reader = new Thread(
                () -> {
                    try {
                        for (int key = in.read(); key >= 0; key = in.read()) {
                            keys.offer((char) key);
                        }
                    } catch (IOException e) {
                        // No more keys.
                    }
                },
                "keys");
        reader.setDaemon(true);
        reader.start();
    }

    private static final class Keys extends Words.Converter<SortKey> {
        Keys() {
            super(SortKey.class);
        }
    }
}
