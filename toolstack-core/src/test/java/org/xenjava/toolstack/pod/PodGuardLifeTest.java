// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Guards and domains that end, at every point of what a guard does; and three hundred domains. */
class PodGuardLifeTest {
    private static final BalloonDriver GOOD = BalloonDriver.of(BalloonFamily.LINUX);
    private static final GuardPolicy NUDGE = GuardPolicy.standard();
    private static final GuardPolicy COVER = NUDGE.withMode(GuardMode.COVER_AT_ONCE);
    /** Library calls per domain and minute, xenstore and buffers included. */
    private static final long MOST_EARLY = 60;

    private static final long MOST_LATE = 10;
    private static final Duration LONG = Duration.ofMinutes(30);

    /** A driver on whose way to rest the guard passes that state, and a policy with which it does. */
    private static GuardPolicy policyFor(GuardState state) {
        return state == GuardState.GAVE_UP ? NUDGE.withLending(Pages.of(100), Pages.of(100), Pages.ZERO) : NUDGE;
    }

    @ParameterizedTest
    @EnumSource(
            value = GuardState.class,
            names = {"BOOTING", "BALLOONING", "NUDGED", "COVERED", "GAVE_UP"})
    void aGuardThatRemembersNothingGoesOnFromAnyState(GuardState state) {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stuckAt(16_000))) {
            Domain domain = bench.start("web");
            TestProcess process = bench.host.newProcess();
            bench.runUntil(state, bench.guard(policyFor(state), process));
            process.ends();
            bench.run(LONG, bench.guard(NUDGE));
            assertEquals(GuardState.COVERED, bench.lastState());
            assertEquals(GuardBench.INTENT, bench.target(domain));
            assertEquals(List.of("covered", "owner"), bench.notes(domain));
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = GuardState.class,
            names = {"BOOTING", "BALLOONING", "NUDGED", "COVERED", "GAVE_UP"})
    void aDomainThatIsDestroyedLeavesNothing(GuardState state) {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stuckAt(16_000))) {
            MachineState before = bench.host.state();
            Domain domain = bench.start("web");
            PodGuard guard = bench.guard(policyFor(state));
            bench.runUntil(state, guard);
            domain.destroy();
            bench.run(LONG, guard);
            assertEquals(GuardState.GONE, bench.lastState());
            bench.host.assertUnchangedSince(before, "destroyed while " + state);
        }
    }

    @Test
    void aGuardRemovesTheRecordsOfADestroyedDomain() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.lying())) {
            MachineState before = bench.host.state();
            Domain domain = bench.start("web");
            bench.store.direct().remove("/libxl/" + domain.domid());
            PodGuard guard = bench.guard(COVER);
            bench.runUntil(GuardState.COVERED, guard);
            // As a toolstack does that knows of no /libxl.
            bench.store.direct().remove("/local/domain/" + domain.domid());
            bench.store.direct().removeWithEmptyParents("/vm/" + domain.uuid());
            bench.store.direct().removeWithEmptyParents("/local/domain/0/backend/console/" + domain.domid());
            bench.host.xenctrl.domains().destroy(domain.domid());
            bench.run(LONG, guard);
            bench.host.assertUnchangedSince(before, "destroyed by a stranger");
        }
    }

    /** A fault is injected at each call of a guard in turn, each time with another domain; then another guard comes. */
    private static void injectAtEachCall(LongFunction<Fault> faultAt) {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), BalloonDriver.of(BalloonFamily.NONE))) {
            long n = 1;
            while (injectedAt(bench, n, faultAt)) {
                n++;
            }
            assertTrue(n > 60, "the guard made more calls than " + n);
        }
    }

    /** Returns false if the guard has not made that many calls. */
    private static boolean injectedAt(GuardBench bench, long n, LongFunction<Fault> faultAt) {
        Domain domain = bench.startSmall("web");
        long maxPages = bench.info(domain).maxPages();
        bench.run(Duration.ofSeconds(1));
        TestProcess process = bench.host.newProcess();
        FaultInjection faults = process.faults();
        PodGuard guard = bench.guard(NUDGE.withTimeouts(Duration.ZERO, Duration.ZERO, Duration.ZERO), process, faults);
        faults.inject(faultAt.apply(n));
        try {
            bench.run(Duration.ofMinutes(1), guard);
        } catch (ProcessKilled death) {
            assertEquals(1, faults.injected().size());
        }
        String where = n + ": " + faults.injected();
        boolean injected = !faults.injected().isEmpty();
        faults.close();
        process.ends();
        bench.run(Duration.ofMinutes(10), bench.guard(NUDGE));
        assertEquals(0, bench.debt(domain), where);
        assertEquals(GuardBench.SMALL_INTENT, bench.target(domain), where);
        assertEquals(List.of("covered", "owner"), bench.notes(domain), where);
        assertEquals(
                maxPages,
                Long.parseLong(bench.store
                        .read("/libxl/" + domain.domid() + "/xenjava/guard/covered")
                        .orElseThrow()
                        .split(" ")[0]),
                where);
        domain.destroy();
        return injected;
    }

    @Test
    void aGuardThatIsKilledAtAnyCallHarmsNoGuest() {
        injectAtEachCall(Fault::processKilled);
    }

    @Test
    void aGuardSurvivesTheFailureOfAnyCall() {
        injectAtEachCall(n -> Fault.callFails(n, Errno.EIO));
    }

    @Test
    void aGuardSurvivesTheLossOfAnyAnswer() {
        injectAtEachCall(n -> Fault.answerLost(n, Errno.EIO));
    }

    /** Calls that a guard makes in that time, on that machine. */
    private static long calls(GuardBench bench, FaultInjection counter, PodGuard guard, Duration time) {
        long before = counter.calls();
        bench.run(time, guard);
        return counter.calls() - before;
    }

    /** A domain without an operating system: 1024 entries, a cache, and no end of time. */
    private static void createBareDomain(Xenctrl xenctrl, long cachePages) {
        int domid = xenctrl.domains()
                .create(new CreateDomain(
                        UUID.randomUUID(), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 2));
        xenctrl.memory().setMaxMem(domid, KiB.of(8192));
        xenctrl.memory().setPodTarget(domid, Pages.of(cachePages));
        xenctrl.memory().populatePhysmap(domid, new long[] {0, 512}, 9, MemoryOp.XENMEMF_POPULATE_ON_DEMAND);
        xenctrl.domains().unpause(domid);
    }

    @Test
    void threeHundredDomainsCostFewCalls() {
        int domains = 300;
        try (GuardBench bench =
                new GuardBench(PodPolicy.libxl(), SimulatedXen.builder().hostPages(6_000_000))) {
            for (int i = 0; i < domains; i++) {
                // Every other one has a debt that nobody works off.
                createBareDomain(bench.host.xenctrl, i % 2 == 0 ? 1024 : 512);
            }
            FaultInjection counter = FaultInjection.around(bench.host.xen.connect());
            PodGuard guard = bench.guard(NUDGE.withMode(GuardMode.OBSERVE), bench.host.newProcess(), counter);
            // Half of them settle at once, half never: looked at 4 times a minute while there is hope, then once.
            long first = calls(bench, counter, guard, Duration.ofMinutes(1));
            assertEquals(domains / 2, guard.unsettled().size());
            assertTrue(first < MOST_EARLY * domains, "calls in the first minute: " + first);
            bench.run(Duration.ofMinutes(6), guard);
            long later = calls(bench, counter, guard, Duration.ofMinutes(5)) / 5;
            assertTrue(later < MOST_LATE * domains, "calls in a later minute: " + later);
        }
    }

    @Test
    void aToolstackGuardsUntilItIsClosed() throws InterruptedException {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stoppingShortBy(200))) {
            GuardPolicy impatient = COVER.withTimeouts(Duration.ZERO, Duration.ZERO, Duration.ZERO);
            CountDownLatch covered = new CountDownLatch(1);
            CountDownLatch gone = new CountDownLatch(1);
            PodGuardService service = bench.toolstack.guard(impatient, event -> {
                if (event.to() == GuardState.COVERED) {
                    covered.countDown();
                }
                if (event.to() == GuardState.GONE) {
                    gone.countDown();
                }
            });
            Domain domain =
                    bench.toolstack.create(TestHost.guest("web", 64, 128).build());
            domain.unpause();
            bench.run(Duration.ofMinutes(1));
            // A target that is written wakes it.
            bench.store.direct().write("/local/domain/" + domain.domid() + "/memory/target", "65536");
            assertTrue(covered.await(30, TimeUnit.SECONDS));
            domain.destroy();
            assertTrue(gone.await(30, TimeUnit.SECONDS));
            service.close();
            service.close();
        }
    }

    @Test
    void theFirstTickComesAtOnceAndTheNextWhenSomethingIsDue() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD)) {
            PodGuard guard = bench.guard(COVER);
            assertEquals(Duration.ofSeconds(30), guard.tick(Instant.EPOCH));
            bench.start("web");
            guard.rescan();
            assertEquals(
                    Duration.ofSeconds(29),
                    guard.tick(Instant.EPOCH.plusSeconds(1)).plusSeconds(28));
        }
    }
}
