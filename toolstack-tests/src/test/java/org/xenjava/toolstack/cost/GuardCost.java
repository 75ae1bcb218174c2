// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cost;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.function.Function;

/** Measures and writes the table of {@code docs/pod-guard.md}; {@code toolstack-tests/guard-cost} starts it. */
public final class GuardCost {
    private static final String BEGIN = "<!-- What follows is written by toolstack-tests/guard-cost. -->\n";
    private static final String END = "<!-- What follows is written by hand. -->\n";

    private static final int[] DOMAINS = {1, 100, 1000};

    /** As long as the guests of {@link Host.Guests#BALLOONING} have something to free. */
    private static final Duration TIME = Duration.ofMinutes(5);

    private GuardCost() {}

    /** @param args the page */
    public static void main(String[] args) throws IOException {
        // The first run is for the compiler.
        table();
        Path page = Path.of(args[0]);
        String old = Files.readString(page);
        String text = old.substring(0, old.indexOf(BEGIN)) + BEGIN + "\n" + machine() + table() + "\n"
                + old.substring(old.indexOf(END));
        Files.writeString(page, text);
    }

    private static String machine() throws IOException {
        String processor = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(System.getProperty("os.arch"));
        return "Measured on %s by `toolstack-tests/guard-cost`, Java %s, %s.\n\n"
                .formatted(LocalDate.now(ZoneOffset.UTC), System.getProperty("java.version"), processor);
    }

    private static String table() {
        StringBuilder text = new StringBuilder("| guests | | hypercalls a minute, guard / poller "
                + "| requests to xenstored, guard / poller | CPU ms, guard / poller | CPU, poller to guard |\n"
                + "|---|---|---|---|---|---|\n");
        for (Host.Guests guests : Host.Guests.values()) {
            for (int number : DOMAINS) {
                Cost guard = measure(number, guests, Host::guard);
                Cost poller = measure(number, guests, Host::poller);
                text.append(String.format(
                        Locale.ROOT,
                        "| %,d | %s | %,.0f / %,.0f | %,.0f / %,.0f | %,.2f / %,.2f | %,.0f |%n",
                        number,
                        guests.name().toLowerCase(Locale.ROOT),
                        guard.hypercalls(),
                        poller.hypercalls(),
                        guard.storeRequests(),
                        poller.storeRequests(),
                        guard.cpuMillis(),
                        poller.cpuMillis(),
                        poller.cpuMillis() / guard.cpuMillis()));
            }
        }
        return text.toString();
    }

    private static Cost measure(int number, Host.Guests guests, Function<Host, Host.Watcher> watcher) {
        try (Host host = new Host(number, guests)) {
            return host.measure(watcher, TIME);
        }
    }
}
