// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** The guarantees of docs/balance.md on random runs of a host in virtual time. */
class BalanceGuaranteesTest {
    private static final int EVENTS = 7;
    private static final int ARGUMENTS = 40;
    private static final int MOST_EVENTS = 14;

    /** {@code -Dbalance.runs=100000 -Dbalance.seed=1} draws more runs, and others. */
    private static final int RUNS = Integer.getInteger("balance.runs", 20);

    private static final long SEED = Long.getLong("balance.seed", 0);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static ModelHost host(long seed, BalanceRule rule, ModelHost.Observer observer) {
        MemoryDecider decider = new FairDecider(BalancePolicy.standard().withRule(rule));
        return new ModelHost(16_000, seed, decider, ModelHost.Raises.BARE, observer);
    }

    private static void addGuests(ModelHost host, int count) {
        for (int i = 0; i < count; i++) {
            long base = 15_000 / count - host.random.nextInt(100);
            ModelGuest guest = host.add(base, base / 2, base * 2);
            guest.used = guest.base * (0.2 + 0.9 * host.random.nextDouble());
        }
    }

    /** G1 to G4 and G7. */
    @Property(tries = 150, seed = "153")
    void everyDecisionOfARandomRunKeepsTheGuarantees(
            @ForAll @LongRange(min = 0, max = 1_000_000) long seed,
            @ForAll BalanceRule rule,
            @ForAll @Size(max = MOST_EVENTS) List<@IntRange(min = 0, max = EVENTS * ARGUMENTS - 1) Integer> events) {
        checkRun(seed, rule, events);
    }

    @Test
    void everyDecisionOfADrawnRunKeepsTheGuarantees() {
        for (long seed = SEED; seed < SEED + RUNS; seed++) {
            Random draw = new Random(seed);
            BalanceRule rule = BalanceRule.values()[draw.nextInt(BalanceRule.values().length)];
            List<Integer> events = draw.ints(draw.nextInt(MOST_EVENTS + 1), 0, EVENTS * ARGUMENTS)
                    .boxed()
                    .toList();
            try {
                checkRun(seed, rule, events);
            } catch (AssertionError e) {
                throw new AssertionError(
                        "seed " + seed + ", " + rule + ", events " + events + ": " + e.getMessage(), e);
            }
        }
    }

    private static void checkRun(long seed, BalanceRule rule, List<Integer> events) {
        Guarantees guarantees = new Guarantees();
        ModelHost host = host(seed, rule, guarantees);
        addGuests(host, 3 + (int) (seed % 6));
        for (int event : events) {
            happen(host, event % EVENTS, event / EVENTS);
        }
        host.run(Duration.ofSeconds(15));
        assertTrue(guarantees.decisions > 10);
        assertEquals(0, host.figures.broke, "builds that ran out of memory");
        assertEquals(0, host.figures.debtMib() - boots(host), "G3: debt without a driver at work");
    }

    /** Debt that drivers work off. */
    private static double boots(ModelHost host) {
        return host.guests.values().stream()
                        .filter(ModelGuest::isBallooning)
                        .mapToLong(ModelGuest::debt)
                        .sum()
                / 256.0;
    }

    private static void happen(ModelHost host, int kind, int argument) {
        List<ModelGuest> guests = new ArrayList<>(host.guests.values());
        ModelGuest guest = guests.get(argument % guests.size());
        switch (kind) {
            case 0 -> host.reserve(64 + 150L * argument, Duration.ofSeconds(10 + argument));
            case 1 -> guest.used = guest.base * (0.1 + argument / 20.0);
            case 2 -> guest.stuck = !guest.stuck;
            case 3 -> guest.reports = !guest.reports;
            case 4 -> {
                if (guests.size() > 2 && !guest.isBuilding()) {
                    host.destroy(guest.domid);
                }
            }
            case 5 -> {
                if (host.free() > 600 * ModelGuest.MIB && host.requests.isEmpty()) {
                    host.add(256, 128, 512).bootWithEntries(argument % 8);
                }
            }
            default -> guest.pagesPerSecond = (5 + 10L * argument) * ModelGuest.MIB;
        }
        host.run(Duration.ofMillis(300L + 200L * argument));
    }

    /** G5, G6 and G8: after a refused request and a minute, nothing moves, and each guest has its share. */
    @Property(tries = 60, seed = "153")
    void aConstantDemandComesToRestAtFairShares(
            @ForAll @LongRange(min = 0, max = 1_000_000) long seed, @ForAll @IntRange(min = 2, max = 9) int count) {
        List<TargetChange> late = new ArrayList<>();
        Instant rest = Instant.EPOCH.plus(MINUTE).plusSeconds(31);
        ModelHost host = host(seed, BalanceRule.DEMAND, (seen, snapshot, decision) -> {
            if (!snapshot.time().isBefore(rest)) {
                late.addAll(decision.targets());
            }
        });
        addGuests(host, count);
        host.run(Duration.ofSeconds(10));
        Random random = new Random(seed);
        host.guests.values().forEach(guest -> guest.used = guest.base * (0.2 + 0.9 * random.nextDouble()));
        Map<ModelGuest, Double> paces = new HashMap<>();
        host.guests.values().forEach(guest -> {
            paces.put(guest, guest.pagesPerSecond);
            guest.pagesPerSecond = 50 * ModelGuest.MIB;
        });
        String id = host.reserve(6000, Duration.ofSeconds(10));
        host.run(Duration.ofSeconds(1));
        assertTrue(host.answer(id).orElseThrow() instanceof MemoryAnswer.Promised, "G8: nothing to give back");
        host.run(Duration.ofSeconds(8));
        long lowered = sizes(host);
        host.run(Duration.ofSeconds(2));
        assertTrue(host.answer(id).orElseThrow() instanceof MemoryAnswer.Refused, "G8: the request is met");
        paces.forEach((guest, pace) -> guest.pagesPerSecond = pace);
        host.run(MINUTE.multipliedBy(3));
        assertEquals(List.of(), late, "G5");
        assertTrue(sizes(host) >= lowered, "G8: " + sizes(host) + " after the refusal, " + lowered + " before");
        assertFairShares(host);
    }

    private static long sizes(ModelHost host) {
        return host.guests.values().stream().mapToLong(guest -> guest.size).sum();
    }

    private static void assertFairShares(ModelHost host) {
        List<ModelGuest> guests = List.copyOf(host.guests.values());
        long total =
                guests.stream().mapToLong(guest -> guest.owned - guest.extra).sum() + host.free() - 64 * ModelGuest.MIB;
        long[] fair = new DemandShares()
                .shares(
                        total,
                        guests.stream()
                                .map(guest -> new ShareRule.Bounds(
                                        guest.floor, guest.ceiling, guest.base, (long) (guest.used * 1.15)))
                                .toList());
        for (int i = 0; i < fair.length; i++) {
            ModelGuest guest = guests.get(i);
            long band = Math.max(2048, Math.max(guest.size, fair[i]) / 25);
            // What others keep within their bands may be lacking to the one that grows last.
            long others = guests.stream()
                    .mapToLong(other -> Math.max(2048, other.size / 25))
                    .sum();
            long most = guest.size > fair[i] ? band + ModelGuest.MIB : Math.max(band, others) + 2 * ModelGuest.MIB;
            assertTrue(
                    Math.abs(guest.size - fair[i]) <= most,
                    "G6: guest " + guest.domid + " has " + guest.size + ", its share is " + fair[i]);
        }
    }
}
