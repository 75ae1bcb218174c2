// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A scenario of the comparison. The same seed gives the same guests to each decider.
 *
 * @param title name in the table
 * @param hostMib memory of the host for guests
 * @param play builds the guests and lets time pass
 */
record ModelScenario(String title, long hostMib, Consumer<ModelHost> play) {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final int EVENTS = 12;

    /** The scenarios with which the policy was developed. */
    static List<ModelScenario> known() {
        return List.of(
                new ModelScenario("free 4 GiB from 8 idle guests", 12_400, host -> {
                    idle(host, 8, 1536);
                    ask(host, 4096);
                }),
                new ModelScenario("same, 2 of 8 drivers stuck", 12_400, host -> {
                    idle(host, 8, 1536);
                    host.guests.get(1).stuck = true;
                    host.guests.get(2).stuck = true;
                    ask(host, 4096);
                }),
                new ModelScenario("same, all drivers slow (25 MiB/s)", 12_400, host -> {
                    idle(host, 8, 1536);
                    host.guests.values().forEach(guest -> guest.pagesPerSecond = 25 * ModelGuest.MIB);
                    ask(host, 4096);
                }),
                new ModelScenario("boot storm: 12 builds of 1 GiB in 12 s", 24_700, host -> {
                    idle(host, 12, 2048);
                    host.run(Duration.ofSeconds(10));
                    for (int i = 0; i < 12; i++) {
                        host.reserve(1024, MINUTE);
                        host.run(Duration.ofSeconds(1));
                    }
                    host.run(MINUTE);
                }),
                new ModelScenario("more than can be had (16 GiB asked)", 12_400, host -> {
                    idle(host, 8, 1536);
                    ask(host, 16_384);
                }),
                new ModelScenario("steady demand with noise", 12_400, host -> {
                    busy(host, 10, 1230);
                    host.guests.values().forEach(guest -> guest.noise = 0.05);
                    host.run(MINUTE.multipliedBy(2));
                }),
                new ModelScenario("two camps swap demand each minute", 12_400, host -> {
                    idle(host, 10, 1230);
                    for (int round = 0; round < 4; round++) {
                        int camp = round % 2;
                        host.guests
                                .values()
                                .forEach(guest -> guest.used = (guest.domid % 2 == camp ? 0.2 : 1.4) * guest.base);
                        host.run(MINUTE);
                    }
                }),
                new ModelScenario("a liar (asks 3 x what it uses)", 12_400, host -> {
                    busy(host, 8, 1536);
                    host.guests.get(1).reportFactor = 3;
                    host.run(MINUTE.multipliedBy(2));
                }),
                new ModelScenario("no guest reports its use", 12_400, host -> {
                    idle(host, 8, 1536);
                    host.guests.values().forEach(guest -> guest.reports = false);
                    ask(host, 2048);
                }),
                new ModelScenario("PoD guests boot while memory comes free", 12_400, host -> {
                    idle(host, 6, 1536);
                    for (int i = 0; i < 4; i++) {
                        ModelGuest guest = host.add(512, 256, 1536);
                        guest.bootWithEntries(3 + i);
                    }
                    host.run(Duration.ofSeconds(2));
                    host.destroy(1);
                    host.run(MINUTE);
                }));
    }

    /** Scenarios drawn at random, with which nothing was tuned. */
    static List<ModelScenario> drawn(long seed, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new ModelScenario("drawn " + (i + 1), 16_000, host -> drawn(host, seed * 1000 + i)))
                .toList();
    }

    /** Everything is drawn before the run, so that each policy gets the same guests and events, whatever it does. */
    private static void drawn(ModelHost host, long seed) {
        Random draw = ModelHost.random(seed);
        int count = 5 + draw.nextInt(9);
        for (int i = 0; i < count; i++) {
            long base = 15_500 / count - draw.nextInt(200);
            ModelGuest guest = host.add(base, base / 2, base * (2 + draw.nextInt(2)));
            guest.used = base * ModelGuest.MIB * (0.2 + draw.nextDouble());
            guest.noise = draw.nextInt(3) * 0.03;
            guest.stuck = draw.nextInt(8) == 0;
            guest.reports = draw.nextInt(6) != 0;
            guest.reportFactor = draw.nextInt(10) == 0 ? 2 : 1;
        }
        int left = count;
        for (int event = 0; event < EVENTS; event++) {
            Duration pause = Duration.ofSeconds(2 + draw.nextInt(18));
            int kind = draw.nextInt(6);
            int domid = 1 + draw.nextInt(count);
            int mib = 256 + draw.nextInt(3000);
            double use = 0.2 + 1.2 * draw.nextDouble();
            double[] factors = draw.doubles(count, 0.7, 1.3).toArray();
            boolean destroys = kind == 4 && left > 3;
            left -= destroys ? 1 : 0;
            host.run(pause);
            switch (kind) {
                case 0, 1 -> host.reserve(mib, MINUTE);
                case 2 -> host.guest(domid).ifPresent(guest -> guest.used = guest.base * use);
                case 3 -> host.guest(domid).ifPresent(guest -> guest.stuck = !guest.stuck);
                case 4 -> {
                    if (destroys) {
                        host.destroy(domid);
                    }
                }
                default -> {
                    for (int i = 0; i < count; i++) {
                        double factor = factors[i];
                        host.guest(i + 1).ifPresent(guest -> guest.used *= factor);
                    }
                }
            }
        }
        host.run(MINUTE);
    }

    private static void idle(ModelHost host, int count, long mib) {
        for (int i = 0; i < count; i++) {
            ModelGuest guest = host.add(mib, mib / 2, mib * 2);
            guest.used = guest.base * (0.15 + 0.15 * host.random.nextDouble());
        }
    }

    private static void busy(ModelHost host, int count, long mib) {
        for (int i = 0; i < count; i++) {
            ModelGuest guest = host.add(mib, mib / 2, mib * 2);
            guest.used = guest.base * (0.5 + 0.5 * host.random.nextDouble());
        }
    }

    private static void ask(ModelHost host, long mib) {
        host.run(Duration.ofSeconds(20));
        host.reserve(mib, MINUTE);
        host.run(MINUTE);
    }
}
