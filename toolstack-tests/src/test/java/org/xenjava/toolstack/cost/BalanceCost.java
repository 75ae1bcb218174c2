// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cost;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.balance.BalancePolicy;
import org.xenjava.toolstack.balancer.BalanceSettings;
import org.xenjava.toolstack.balancer.MemoryBalancer;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.HaltingKernel;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Measures what a look of the balancer costs; prints the table of {@code docs/balance.md}. */
final class BalanceCost implements AutoCloseable {
    private static final int[] GUESTS = {10, 50, 200};
    private static final long MEMORY_MIB = 64;
    private static final long MOST_MIB = 128;
    private static final long LEAST_MIB = 32;
    private static final long BUSY_MIB = 90;
    private static final long IDLE_MIB = 20;
    private static final long PAGES_PER_MIB = 256;
    private static final long DOM0_PAGES = 393_216;
    private static final long XEN_PAGES = 16_683;
    private static final long SPARE_MIB = 192;
    private static final Duration BETWEEN_SWAPS = Duration.ofSeconds(20);

    private final SimulatedXen machine;
    private final Toolstack builder;
    private final CallCounter counted;
    private final Toolstack toolstack;
    private final MemoryBalancer balancer;
    private final List<Domain> domains = new ArrayList<>();
    private final XenStore store;

    /** The numbers of one look, on average. */
    record Look(double hypercalls, double requests, double waits, int looks) {}

    BalanceCost(int guests) throws IOException {
        machine = SimulatedXen.builder()
                .dom0Pages(DOM0_PAGES)
                .hostPages(DOM0_PAGES + XEN_PAGES + (SPARE_MIB + guests * (MEMORY_MIB + 8)) * PAGES_PER_MIB)
                .build();
        store = machine.connect().store();
        builder = Toolstack.options().clock(machine.clock()).open(machine.host());
        Path kernel = Files.write(Files.createTempFile("cost", ".elf"), HaltingKernel.elf());
        for (int i = 0; i < guests; i++) {
            Domain domain = builder.create(DomainConfig.builder("guest-" + i)
                    .kernel(kernel)
                    .memoryMib(MEMORY_MIB)
                    .maxMemoryMib(MOST_MIB)
                    .build());
            domains.add(domain);
            write(domain, "memory/dynamic-min", KiB.ofMiB(LEAST_MIB).value());
            write(domain, "data/meminfo_total", KiB.ofMiB(MOST_MIB).value());
            domain.unpause();
        }
        Files.delete(kernel);
        counted = new CallCounter(machine.connect());
        toolstack = Toolstack.options().clock(machine.clock()).open(machine.host(counted.libraries()));
        balancer = toolstack.newBalancer(new BalanceSettings(BalancePolicy.standard(), GuardScope.ALL), event -> {});
        report(0);
    }

    private void write(Domain domain, String node, long value) {
        String path = "/local/domain/" + domain.domid() + "/" + node;
        store.write(0, path, Long.toString(value).getBytes(StandardCharsets.UTF_8));
    }

    /** Every second guest is busy. */
    private void report(int first) {
        for (int i = 0; i < domains.size(); i++) {
            long used = i % 2 == first ? BUSY_MIB : IDLE_MIB;
            write(
                    domains.get(i),
                    "data/meminfo_free",
                    KiB.ofMiB(MOST_MIB - used).value());
            write(domains.get(i), "data/updated", machine.clock().millis());
        }
    }

    /** Looks at guests whose demand does not change. They report before each look. */
    Look atRest() {
        run(Duration.ofMinutes(3), 0);
        return run(Duration.ofMinutes(1), 0);
    }

    /** Looks at guests of which the busy half becomes idle, and the idle half busy, every 20 s. */
    Look moving() {
        List<Look> looks = new ArrayList<>();
        for (int i = 1; i <= 6; i++) {
            looks.add(run(BETWEEN_SWAPS, i % 2));
        }
        int count = looks.stream().mapToInt(Look::looks).sum();
        return new Look(
                looks.stream().mapToDouble(look -> look.hypercalls * look.looks).sum() / count,
                looks.stream().mapToDouble(look -> look.requests * look.looks).sum() / count,
                looks.stream().mapToDouble(look -> look.waits * look.looks).sum() / count,
                count);
    }

    private Look run(Duration time, int busy) {
        long hypercalls = counted.hypercalls();
        long requests = counted.storeRequests();
        long waits = counted.storeRoundTrips();
        int looks = 0;
        for (Duration left = time; !left.isZero(); ) {
            report(busy);
            Duration wish = balancer.tick(machine.clock().instant());
            looks++;
            Duration step = wish.compareTo(left) < 0 ? wish : left;
            machine.advance(step);
            left = left.minus(step);
        }
        return new Look(
                (double) (counted.hypercalls() - hypercalls) / looks,
                (double) (counted.storeRequests() - requests) / looks,
                (double) (counted.storeRoundTrips() - waits) / looks,
                looks);
    }

    @Override
    public void close() {
        balancer.close();
        toolstack.close();
        builder.close();
    }

    public static void main(String[] args) throws IOException {
        System.out.println("| guests | | looks a minute | hypercalls | requests to xenstored | waits for xenstored |");
        System.out.println("|---|---|---|---|---|---|");
        for (int guests : GUESTS) {
            for (String row : measure(guests)) {
                System.out.println(row);
            }
        }
    }

    private static List<String> measure(int guests) throws IOException {
        try (BalanceCost host = new BalanceCost(guests)) {
            return List.of(row(guests, "at rest", host.atRest(), 1), row(guests, "moving", host.moving(), 2));
        }
    }

    private static String row(int guests, String what, Look look, int minutes) {
        return String.format(
                Locale.ROOT,
                "| %d | %s | %d | %.1f | %.1f | %.1f |",
                guests,
                what,
                look.looks / minutes,
                look.hypercalls,
                look.requests,
                look.waits);
    }
}
