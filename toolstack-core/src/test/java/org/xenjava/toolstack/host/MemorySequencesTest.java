// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.lifecycle.SupervisionListener;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.Supervisor;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * Random sequences of the operations that change a guest, at random moments of its boot. No sequence leaves a guest
 * that its load can crash, and nothing that a driver computes with changes while the guest lives. Sequences under a
 * guard run on the oldest release of Xen, others on the newest, backed boots on Debian's 4.17. The system property
 * {@code sequences} sets the number of sequences for each driver, and {@code seed} the first seed.
 */
class MemorySequencesTest {
    private static final int SEQUENCES = Integer.getInteger("sequences", 4);
    private static final long SEED = Long.getLong("seed", 0);
    private static final XenRelease NEWEST = XenAbi.newest().release();
    private static final Duration SETTLED = Duration.ofMinutes(30);

    /** Large enough for every guest here: what happens when a budget is used up is tested elsewhere. */
    private static final GuardPolicy GUARD = GuardPolicy.standard()
            .withLending(
                    KiB.ofMiB(512).toPages(),
                    KiB.ofMiB(4096).toPages(),
                    KiB.ofMiB(1).toPages());

    /** A machine whose guests all have one driver, a supervisor, and a guard if it is wanted. */
    private static final class Bench implements AutoCloseable {
        private final TestHost host;
        private final Toolstack toolstack;
        private final Supervisor supervisor;
        private final Optional<PodGuard> guard;

        Bench(XenRelease release, BalloonDriver driver, boolean guarded, BackedBoot backedBoot) {
            // Fast enough for a step to meet every moment of the boot.
            BalloonDriver paced = driver.atPace(32, Duration.ofMillis(10));
            host = TestHost.of(SimulatedXen.builder()
                    .release(release.major(), release.minor())
                    .guests(identity -> SimulatedGuest.with(paced)));
            toolstack = TestHost.options().backedBoot(backedBoot).open(host.xen.host());
            supervisor = toolstack.newSupervisor(
                    SupervisionPolicy.standard().withLoopLimit(Duration.ZERO, 5), SupervisionListener.NONE);
            guard = guarded
                    ? Optional.of(toolstack.newGuard(GUARD, GuardScope.ALL, GuardListener.NONE))
                    : Optional.empty();
        }

        Instant now() {
            return host.xen.clock().instant();
        }

        /** Lets time pass; guard and supervisor are called when they want to be. */
        void pass(Duration time) {
            Instant end = now().plus(time);
            while (now().isBefore(end)) {
                Duration next = supervisor.tick(now());
                if (guard.isPresent()) {
                    Duration wish = guard.get().tick(now());
                    next = wish.compareTo(next) < 0 ? wish : next;
                }
                Duration left = Duration.between(now(), end);
                next = next.compareTo(left) < 0 ? next : left;
                host.xen.advance(next.isZero() ? Duration.ofMillis(1) : next);
            }
        }

        @Override
        public void close() {
            toolstack.close();
            host.close();
        }
    }

    /** One sequence, with a guest of its own. */
    private static final class Sequence implements AutoCloseable {
        private final Random random;
        private final Bench bench;
        private final List<String> steps = new ArrayList<>();
        private final long memory;
        private final long maxMemory;
        private final DomainType type;
        private Domain domain;
        private Map<String, String> fixed;

        Sequence(Bench bench, long seed) {
            this.bench = bench;
            random = new Random(seed);
            memory = 18 + random.nextInt(12);
            maxMemory = memory + 1 + random.nextInt(16);
            type = random.nextBoolean() ? DomainType.PVH : DomainType.HVM;
            domain = bench.toolstack.create(config());
            note("seed " + seed + ": created " + type + " " + memory + "/" + maxMemory);
            fixed = fixedNodes();
        }

        private DomainConfig config() {
            LifecycleAction again = LifecycleAction.RESTART;
            Lifecycle lifecycle = new Lifecycle(again, again, LifecycleAction.PRESERVE, again, again);
            if (type == DomainType.PVH) {
                return TestHost.guest("web", memory, maxMemory)
                        .lifecycle(lifecycle)
                        .build();
            }
            HvmConfig machine = HvmConfig.builder()
                    .graphics(GraphicsConfig.of(
                            random.nextBoolean() ? GraphicsConfig.Vga.STDVGA : GraphicsConfig.Vga.NONE))
                    .build();
            return DomainConfig.builder("web")
                    .type(DomainType.HVM)
                    .memoryMib(memory)
                    .maxMemoryMib(maxMemory)
                    .hvm(machine)
                    .lifecycle(lifecycle)
                    .build();
        }

        private void note(String step) {
            steps.add(step);
        }

        private Map<String, String> fixedNodes() {
            DomainPaths paths = new DomainPaths(domain.domid());
            return Map.of(
                    "static-max", read(paths.memoryStaticMax()),
                    "videoram", read(paths.memoryVideoRam()));
        }

        private String read(String path) {
            return new StoreClient(bench.host.observer.store()).read(path).orElse("none");
        }

        void step() {
            switch (random.nextInt(9)) {
                case 0 -> pass(Duration.ofMillis(random.nextInt(400)));
                case 1 -> pass(Duration.ofMillis(random.nextInt(30)));
                case 2 -> unpause();
                case 3 -> {
                    note("pause");
                    domain.pause();
                }
                case 4, 5 -> trying("mem-set", 17 + random.nextInt((int) maxMemory), domain.memory()::set);
                case 6 -> trying("mem-max", memory + random.nextInt(96), domain.memory()::setMaximum);
                case 7 -> {
                    note("attach");
                    domain.devices().attach(NicConfig.builder().build());
                }
                default -> reboot();
            }
            assertEquals(fixed, fixedNodes(), steps.toString());
        }

        private interface Setter {
            void set(KiB size);
        }

        private void trying(String verb, long mib, Setter setter) {
            KiB size = verb.equals("mem-set") ? KiB.of(mib * 1024 + 4 * random.nextInt(256)) : KiB.ofMiB(mib);
            try {
                setter.set(size);
                note(verb + " " + size);
            } catch (ConfigException e) {
                note(verb + " " + size + " refused");
            }
        }

        private void unpause() {
            note("unpause");
            while (info().paused()) {
                domain.unpause();
            }
        }

        private void reboot() {
            unpause();
            try {
                bench.host.xen.guest(domain.domid()).orElseThrow().shutDown(1);
            } catch (IllegalStateException e) {
                note("not booted yet");
                return;
            }
            note("reboot");
            pass(Duration.ofSeconds(1));
            domain = bench.toolstack.find(domain.uuid()).orElseThrow(() -> new AssertionError("gone: " + steps));
            fixed = fixedNodes();
        }

        void pass(Duration time) {
            note("+" + time.toMillis() + " ms");
            bench.pass(time);
        }

        DomainInfo info() {
            return bench.host.xenctrl.domains().info(domain.domid()).orElseThrow();
        }

        long debt() {
            return bench.host.xenctrl.memory().podTarget(domain.domid()).debt();
        }

        void assertLivesUnderLoad() {
            bench.host.xen.guest(domain.domid()).orElseThrow().load();
            assertFalse(info().shutdown(), steps + "\n" + bench.host.xen.console());
        }

        @Override
        public void close() {
            domain.destroy();
        }
    }

    private static void sequences(BalloonDriver driver, boolean guarded) {
        XenRelease release = guarded ? XenRelease.V4_14 : NEWEST;
        try (Bench bench = new Bench(release, driver, guarded, BackedBoot.off())) {
            for (int i = 0; i < SEQUENCES; i++) {
                try (Sequence sequence = new Sequence(bench, SEED + i)) {
                    int length = 3 + sequence.random.nextInt(9);
                    for (int step = 0; step < length; step++) {
                        sequence.step();
                    }
                    sequence.unpause();
                    sequence.pass(SETTLED);
                    assertTrue(sequence.debt() <= 0, "debt " + sequence.debt() + " after " + sequence.steps);
                    sequence.assertLivesUnderLoad();
                }
            }
        }
    }

    /** All that balloon at boot and come within 256 pages of their target, whatever it is. */
    @ParameterizedTest
    @EnumSource(
            names = {"LINUX_UP_TO_3_12", "LINUX_3_13_TO_4_12", "LINUX_4_14_TO_5_5", "LINUX", "WINDOWS", "WINDOWS_EARLY"
            })
    void noSequenceLeavesAGuestThatLoadCrashes(BalloonFamily family) {
        sequences(BalloonDriver.of(family), false);
    }

    @ParameterizedTest
    @EnumSource
    void noSequenceUnderAGuardLeavesAGuestOfAnyFamilyThatLoadCrashes(BalloonFamily family) {
        sequences(BalloonDriver.of(family), true);
    }

    @Test
    void noSequenceUnderAGuardLeavesAGuestWithADefectiveDriverThatLoadCrashes() {
        sequences(BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(700), true);
        sequences(BalloonDriver.of(BalloonFamily.LINUX).sticky(), true);
        sequences(BalloonDriver.of(BalloonFamily.WINDOWS).stuckAt(1000), true);
        sequences(BalloonDriver.of(BalloonFamily.LINUX).lying(), true);
    }

    /** The moment of the load is any of the boot's, and the guard has no time to do anything. */
    @ParameterizedTest
    @EnumSource
    void aBackedGuestOfAnyFamilyLivesUnderLoadAtEveryMoment(BalloonFamily family) {
        try (Bench bench = new Bench(new XenRelease(4, 17), BalloonDriver.of(family), false, BackedBoot.full())) {
            for (int i = 0; i < SEQUENCES; i++) {
                try (Sequence sequence = new Sequence(bench, SEED + i)) {
                    assertEquals(0, sequence.debt(), sequence.steps.toString());
                    int length = sequence.random.nextInt(6);
                    for (int step = 0; step < length; step++) {
                        sequence.step();
                        assertTrue(sequence.debt() <= 0, sequence.debt() + " after " + sequence.steps);
                    }
                    sequence.unpause();
                    bench.host.xen.advance(Duration.ofMillis(sequence.random.nextInt(300)));
                    sequence.assertLivesUnderLoad();
                }
            }
        }
    }

    /** The sequence of the fault: mem-max between create and unpause made Linux 6.1 settle at another size and crash. */
    @Test
    void memMaxBeforeTheFirstUnpauseLeavesTheSizeAsItIs() {
        try (TestHost host = TestHost.of(SimulatedXen.builder()
                .guests(identity -> SimulatedGuest.with(BalloonDriver.of(BalloonFamily.LINUX))))) {
            Domain domain =
                    host.toolstack.create(TestHost.guest("web", 256, 512).build());
            domain.memory().setMaximum(KiB.ofMiB(300));
            domain.unpause();
            host.xen.advance(Duration.ofMinutes(10));
            assertEquals(256 * 256 + 8, domain.memory().status().totPages().count(), 1);
            assertEquals(0, domain.pod().status().debtPages());
            host.xen.guest(domain.domid()).orElseThrow().load();
            assertTrue(domain.status().shutdownReason().isEmpty(), host.xen.console());
        }
    }
}
