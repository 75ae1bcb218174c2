// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

@ParameterizedClass(name = "Xen {0}")
@MethodSource("org.xenjava.toolstack.host.TestHost#releases")
class PodGuardTest {
    private static final BalloonDriver GOOD = BalloonDriver.of(BalloonFamily.LINUX);
    private static final GuardPolicy NUDGE = GuardPolicy.standard();
    private static final GuardPolicy COVER = NUDGE.withMode(GuardMode.COVER_AT_ONCE);
    private static final GuardPolicy OBSERVE = NUDGE.withMode(GuardMode.OBSERVE);
    private static final Duration LONG = Duration.ofMinutes(30);

    private final XenRelease release;

    PodGuardTest(XenRelease release) {
        this.release = release;
    }

    /** What it owns, may own, and is told, once its driver has come to rest, without a guard. */
    private static MachineState unguarded(GuardBench bench, Duration time) {
        bench.start("web");
        bench.run(time);
        return bench.host.state();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 200, 256, 257, 5000})
    void aGuestWithoutSlackIsCoveredToThePage(long shortBy) {
        coveredBeyondTheSlack(PodPolicy.libxl(), shortBy, 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 200, 256, 257, 5000})
    void aGuestWithSlackIsCoveredBeyondIt(long shortBy) {
        coveredBeyondTheSlack(PodPolicy.standard(), shortBy, 256);
    }

    private void coveredBeyondTheSlack(PodPolicy policy, long shortBy, long slack) {
        long missing = Math.max(0, shortBy - slack);
        try (GuardBench bench = new GuardBench(policy, GOOD.stoppingShortBy(shortBy), release)) {
            Domain domain = bench.start("web");
            bench.run(LONG, bench.guard(COVER));
            assertEquals(missing > 0 ? GuardState.COVERED : GuardState.SETTLED, bench.lastState());
            GuardEvent last = bench.events.get(bench.events.size() - 1);
            assertEquals(missing, last.coveredPages());
            assertEquals("web", last.name());
            assertEquals(missing > 0 ? List.of("covered", "owner") : List.of(), bench.notes(domain));
            assertEquals(0, bench.debt(domain));
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 200, 256, 257, 5000})
    void anObserverTellsTheDebtAndChangesNothing(long shortBy) {
        MachineState expected;
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stoppingShortBy(shortBy), release)) {
            expected = unguarded(bench, LONG);
        }
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stoppingShortBy(shortBy), release)) {
            Domain domain = bench.start("web");
            bench.run(LONG, bench.guard(OBSERVE));
            assertEquals(List.of(), withoutUuids(expected, bench.host.state()));
            GuardEvent last = bench.events.get(bench.events.size() - 1);
            assertEquals(shortBy > 0 ? GuardState.SHORT : GuardState.SETTLED, last.to());
            assertEquals(shortBy, last.debtPages());
            assertEquals(shortBy == 0, bench.livesUnderLoad(domain));
        }
    }

    /** Differences but for the nodes that are named after a UUID or hold one. */
    private static List<String> withoutUuids(MachineState expected, MachineState now) {
        return now.changesSince(expected).stream()
                .filter(change -> !change.matches("(?s).*[0-9a-f]{8}-[0-9a-f]{4}-.*"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 200, 256, 257})
    void aDriverThatObeysIsNudgedAndThenGetsItsTargetBack(long shortBy) {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stoppingShortBy(shortBy), release)) {
            Domain domain = bench.start("web");
            long maxPages = bench.info(domain).maxPages();
            bench.run(LONG, bench.guard(NUDGE));
            assertTrue(bench.states().contains(GuardState.NUDGED));
            assertFalse(bench.states().contains(GuardState.COVERED), bench.events::toString);
            assertEquals(GuardState.SETTLED, bench.lastState());
            assertEquals(GuardBench.INTENT, bench.target(domain));
            assertEquals(List.of(), bench.notes(domain));
            assertEquals(maxPages, bench.info(domain).maxPages());
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @Test
    void aNudgeIsWholeMibAndStopsAtTheFloor() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stoppingShortBy(257), release)) {
            Domain domain = bench.start("web");
            PodGuard guard = bench.guard(NUDGE);
            bench.runUntil(GuardState.NUDGED, guard);
            assertEquals(KiB.ofMiB(62), bench.target(domain));
        }
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.lying(), release)) {
            Domain domain = bench.start("web");
            PodGuard guard = bench.guard(NUDGE);
            bench.runUntil(GuardState.NUDGED, guard);
            assertEquals(KiB.ofMiB(48), bench.target(domain));
            bench.runUntil(GuardState.COVERED, guard);
            bench.run(LONG, guard);
            assertEquals(GuardBench.INTENT, bench.target(domain));
        }
    }

    static Stream<BalloonDriver> driversThatDoNotObey() {
        return Stream.of(
                BalloonDriver.of(BalloonFamily.NONE),
                GOOD.lying(),
                GOOD.sticky().stoppingShortBy(200),
                GOOD.stuckAt(100),
                GOOD.stuckAt(16_000),
                BalloonDriver.of(BalloonFamily.NETBSD),
                GOOD.stoppingShortBy(5000));
    }

    @ParameterizedTest
    @MethodSource("driversThatDoNotObey")
    void aDebtThatANudgeDoesNotEndIsCovered(BalloonDriver driver) {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), driver, release)) {
            Domain domain = bench.start("web");
            bench.run(LONG, bench.guard(NUDGE));
            assertEquals(GuardState.COVERED, bench.lastState(), bench.events::toString);
            assertEquals(GuardBench.INTENT, bench.target(domain));
            assertEquals(List.of("covered", "owner"), bench.notes(domain));
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @Test
    void aSlowDriverIsLeftAlone() {
        // 16384 pages, 64 in 10 s: three quarters of an hour.
        BalloonDriver slow = GOOD.atPace(64, Duration.ofSeconds(10));
        Duration time = Duration.ofHours(1);
        MachineState expected;
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), slow, release)) {
            expected = unguarded(bench, time);
        }
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), slow, release)) {
            Domain domain = bench.start("web");
            bench.run(time, bench.guard(NUDGE));
            assertEquals(List.of(GuardState.BALLOONING, GuardState.SETTLED), bench.states());
            assertEquals(List.of(), withoutUuids(expected, bench.host.state()));
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"COVER_AT_ONCE", "NUDGE_FIRST"})
    void aDriverThatGoesOnAfterAllGivesEverythingBack(GuardMode mode) {
        BalloonDriver inFits = GOOD.atPace(4096, Duration.ofMinutes(9));
        Duration time = Duration.ofHours(3);
        MachineState expected;
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), inFits, release)) {
            expected = unguarded(bench, time);
        }
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), inFits, release)) {
            Domain domain = bench.start("web");
            bench.run(time, bench.guard(NUDGE.withMode(mode)));
            assertTrue(bench.states().contains(GuardState.COVERED));
            assertEquals(GuardState.SETTLED, bench.lastState(), bench.events::toString);
            assertEquals(List.of(), withoutUuids(expected, bench.host.state()));
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @Test
    void aTargetThatAnotherToolSetsIsTheNewIntent() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.lying(), release)) {
            Domain domain = bench.start("web");
            PodGuard guard = bench.guard(NUDGE);
            bench.runUntil(GuardState.NUDGED, guard);
            domain.memory().set(KiB.ofMiB(60));
            bench.run(LONG, guard);
            assertEquals(GuardState.COVERED, bench.lastState());
            assertEquals(KiB.ofMiB(60), bench.target(domain));
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @Test
    void aMaxMemThatAnotherToolSetsIsNotRestored() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.lying(), release)) {
            Domain domain = bench.start("web");
            PodGuard guard = bench.guard(COVER);
            bench.runUntil(GuardState.COVERED, guard);
            domain.memory().setMaximum(KiB.ofMiB(256));
            long maxPages = bench.info(domain).maxPages();
            bench.run(LONG, guard);
            assertEquals(maxPages, bench.info(domain).maxPages());
            assertTrue(bench.notes(domain).contains("covered"), "what is lent stays lent");
        }
    }

    @Test
    void aHostWithoutMemoryIsTriedAgainUntilItHasSome() {
        // Room for two guests of 64 MiB and little more.
        SimulatedXen.Builder small = SimulatedXen.builder()
                .release(release.major(), release.minor())
                .hostPages(393_216 + 16_683 + 2 * 16_384 + 8_000)
                .guests(identity -> SimulatedGuest.with(GOOD.stoppingShortBy(5000)));
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), small)) {
            Domain other = bench.start("other");
            Domain domain = bench.start("web");
            other.pause();
            DomainInfo before = bench.info(domain);
            String memory = bench.host.state().memory();
            PodGuard guard = bench.guard(COVER.withLending(
                    COVER.lending().perDomain(), COVER.lending().perHost(), Pages.of(3000)));
            bench.runUntil(GuardState.GAVE_UP, guard);
            bench.run(LONG, guard);
            GuardEvent last = bench.events.get(bench.events.size() - 1);
            assertEquals(GuardState.GAVE_UP, last.to());
            assertEquals(5000, last.debtPages());
            assertTrue(last.refusal().isPresent());
            PodRemedy.LowerTarget remedy =
                    assertInstanceOf(PodRemedy.LowerTarget.class, last.remedy().orElseThrow());
            assertEquals(domain.domid(), remedy.domid());
            assertEquals(KiB.ofMiB(48), remedy.target(), "not below the floor of 75 %");
            assertEquals(before.maxPages(), bench.info(domain).maxPages());
            assertEquals(memory, bench.host.state().memory());
            assertEquals(List.of(), bench.notes(domain));

            other.destroy();
            bench.run(LONG, guard);
            assertTrue(bench.states().contains(GuardState.COVERED));
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @Test
    void aClaimThatTheHostCannotBackLeavesNothing() {
        SimulatedXen.Builder small = SimulatedXen.builder()
                .release(release.major(), release.minor())
                .hostPages(393_216 + 16_683 + 16_384 + 4_000)
                .guests(identity -> SimulatedGuest.with(GOOD.stoppingShortBy(5000)));
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), small)) {
            Domain domain = bench.start("web");
            bench.run(Duration.ofMinutes(1));
            MachineState before = bench.host.state();
            // Frames that Xen keeps back count as free: only the claim tells.
            bench.run(
                    LONG,
                    bench.guard(COVER.withLending(
                            COVER.lending().perDomain(), COVER.lending().perHost(), Pages.ZERO)));
            assertEquals(GuardState.GAVE_UP, bench.lastState());
            assertEquals(List.of(), bench.host.state().changesSince(before));
            assertFalse(bench.livesUnderLoad(domain));
        }
    }

    @Test
    void noDomainIsLentMoreThanItsBudget() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stoppingShortBy(257), release)) {
            Domain domain = bench.start("web");
            PodGuard tight = bench.guard(COVER.withLending(Pages.of(256), Pages.of(10_000), Pages.ZERO));
            bench.run(LONG, tight);
            assertEquals(GuardState.GAVE_UP, bench.lastState());
            assertEquals(257, bench.debt(domain));
            PodGuard enough = bench.guard(COVER.withLending(Pages.of(257), Pages.of(257), Pages.ZERO));
            bench.run(LONG, enough);
            assertEquals(GuardState.COVERED, bench.lastState());
        }
    }

    @Test
    void allDomainsShareTheBudgetOfTheHost() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stoppingShortBy(200), release)) {
            List<Domain> domains = List.of(bench.start("a"), bench.start("b"), bench.start("c"));
            bench.run(LONG, bench.guard(COVER.withLending(Pages.of(1000), Pages.of(800), Pages.ZERO)));
            assertEquals(
                    List.of(0L, 0L, 200L),
                    domains.stream().map(bench::debt).sorted().toList());
            // A guard that knows nothing of the past still knows what was lent.
            bench.run(LONG, bench.guard(COVER.withLending(Pages.of(1000), Pages.of(799), Pages.ZERO)));
            assertEquals(200, domains.stream().mapToLong(bench::debt).sum());
        }
    }

    @Test
    void onlyOneOfTwoGuardsActs() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.lying(), release)) {
            Domain domain = bench.start("web");
            TestProcess first = bench.host.newProcess();
            PodGuard one = bench.guard(NUDGE, first);
            PodGuard other = bench.guard(NUDGE);
            for (int seconds = 0; bench.notes(domain).isEmpty() && seconds < 3600; seconds++) {
                bench.run(Duration.ofSeconds(1), one, other);
            }
            assertEquals(KiB.ofMiB(48), bench.target(domain));
            assertEquals(
                    "process-" + first.name().substring("process-".length()),
                    bench.store
                            .read(new DomainPaths(domain.domid()).podGuard() + "/owner")
                            .orElseThrow());
            first.ends();
            bench.run(LONG, other);
            assertEquals(GuardState.COVERED, bench.lastState());
            assertEquals(GuardBench.INTENT, bench.target(domain));
            bench.run(LONG, one, other);
            assertEquals(GuardBench.INTENT, bench.target(domain));
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @Test
    void aDomainOfXlIsGuardedWithoutOurNodes() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stoppingShortBy(5000), release)) {
            Domain domain = bench.start("web");
            bench.store.direct().remove(new DomainPaths(domain.domid()).libxl());
            bench.run(LONG, bench.guard(NUDGE));
            assertEquals(GuardState.COVERED, bench.lastState());
            assertEquals(GuardBench.INTENT, bench.target(domain));
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @Test
    void aPausedDomainNeverReachesATimeout() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD, release)) {
            Domain domain =
                    bench.toolstack.create(TestHost.guest("web", 64, 128).build());
            MachineState before = bench.host.state();
            PodGuard guard = bench.guard(COVER);
            bench.run(Duration.ofHours(5), guard);
            bench.host.assertUnchangedSince(before, "5 hours of pause");
            domain.unpause();
            bench.run(LONG, guard);
            assertEquals(
                    List.of(GuardState.SETTLED),
                    bench.states().stream().skip(bench.states().size() - 1).toList());
            assertFalse(bench.states().contains(GuardState.COVERED));
        }
    }

    @Test
    void aListenerThatThrowsDoesNotEndTheGuard() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stoppingShortBy(200), release)) {
            Domain domain = bench.start("web");
            PodGuard guard = new PodGuard(
                    bench.host.xenctrl,
                    bench.store,
                    bench.host.newProcess(),
                    COVER,
                    event -> {
                        throw new IllegalStateException("a listener's own failure");
                    },
                    org.xenjava.toolstack.pod.DomainLock.NONE);
            bench.run(LONG, guard);
            assertEquals(0, bench.debt(domain));
        }
    }
}
