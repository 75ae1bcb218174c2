// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Ten guards, each in a process of its own and for one guest, and one budget. */
class HostBudgetTest {
    private static final int GUESTS = 10;
    private static final Pages BUDGET = KiB.ofMiB(1024).toPages();
    private static final GuardPolicy POLICY = GuardPolicy.standard()
            .withMode(GuardMode.COVER_AT_ONCE)
            .withTimeouts(Duration.ZERO, Duration.ZERO, Duration.ZERO)
            .withLending(KiB.ofMiB(256).toPages(), BUDGET, KiB.ofMiB(64).toPages());

    private static TestHost host(BalloonDriver driver) {
        return TestHost.of(SimulatedXen.builder()
                .hostPages(KiB.ofMiB(16 * 1024).toPages().count())
                .guests(identity -> SimulatedGuest.with(driver)));
    }

    private static List<Domain> guests(TestHost host, long memoryMib, long maxMemoryMib) {
        List<Domain> guests = new ArrayList<>();
        for (int i = 0; i < GUESTS; i++) {
            Domain guest = host.toolstack.create(
                    TestHost.guest("web-" + i, memoryMib, maxMemoryMib).build());
            guest.unpause();
            guests.add(guest);
        }
        return guests;
    }

    private static PodGuard guard(TestHost host, Domain guest, GuardPolicy policy) {
        TestProcess process = host.newProcess();
        XenLibraries libraries = host.xen.connect();
        return new PodGuard(
                Xenctrl.open(libraries),
                new StoreClient(libraries.store()),
                process,
                policy,
                GuardScope.of(Set.of(guest.uuid())),
                GuardListener.NONE,
                DomainLock.NONE);
    }

    private static long owned(TestHost host) {
        return host.xenctrl.domains().list().stream()
                .filter(info -> info.domid() != 0)
                .mapToLong(DomainInfo::totPages)
                .sum();
    }

    /** 243 MiB are missing in each: a budget per process would lend 2,430 MiB. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(ints = {1, 2, 3})
    void tenGuardsAtOnceNeverLendMoreThanTheBudget(int seed) throws Exception {
        try (TestHost host = host(BalloonDriver.of(BalloonFamily.NONE))) {
            List<Domain> guests = guests(host, 16, 260);
            long before = owned(host);
            List<PodGuard> guards =
                    guests.stream().map(guest -> guard(host, guest, POLICY)).toList();
            ExecutorService threads = Executors.newFixedThreadPool(GUESTS);
            try {
                for (int round = 0; round < 20; round++) {
                    Instant now = host.xen.clock().instant();
                    List<Future<Duration>> ticks = new ArrayList<>();
                    guards.forEach(guard -> ticks.add(threads.submit(() -> guard.tick(now))));
                    for (Future<Duration> tick : ticks) {
                        tick.get();
                    }
                    long lent = owned(host) - before;
                    assertTrue(lent <= BUDGET.count(), "lent " + lent + " pages in round " + round);
                    host.xen.advance(Duration.ofSeconds(1 + seed));
                }
            } finally {
                threads.shutdownNow();
            }
            long lent = owned(host) - before;
            assertTrue(lent >= 2 * 240 * 256, "two loans fit into the half for large ones, not " + lent);
            assertEquals(0, host.xenctrl.host().physInfo().outstandingPages());
        }
    }

    @Test
    void aGuestThatIsShortByLessThanAShareIsCoveredAlthoughOthersHaveTakenWhatTheyCan() {
        try (TestHost host = host(BalloonDriver.of(BalloonFamily.NONE))) {
            List<Domain> greedy = guests(host, 16, 260);
            greedy.forEach(guest -> {
                PodGuard guard = guard(host, guest, POLICY);
                guard.tick(host.xen.clock().instant());
                guard.tick(host.xen.clock().instant());
            });
            Domain honest =
                    host.toolstack.create(TestHost.guest("honest", 16, 40).build());
            honest.unpause();
            PodGuard guard = guard(host, honest, POLICY);
            guard.tick(host.xen.clock().instant());
            host.xen.advance(Duration.ofSeconds(1));
            guard.tick(host.xen.clock().instant());
            assertEquals(0, honest.pod().status().debtPages());
        }
    }

    private static GuardStatus run(TestHost host, PodGuard guard, Duration time) {
        Instant end = host.xen.clock().instant().plus(time);
        while (host.xen.clock().instant().isBefore(end)) {
            Duration next = guard.tick(host.xen.clock().instant());
            host.xen.advance(next.isZero() ? Duration.ofMillis(1) : next);
        }
        return guard.statuses().get(0);
    }

    @Test
    void aGuestThatNeverPaysIsNudgedThenReportedAndPausedIfThePolicySaysSo() {
        try (TestHost host = host(BalloonDriver.of(BalloonFamily.NONE))) {
            Domain guest = host.toolstack.create(TestHost.guest("web", 64, 88).build());
            guest.unpause();
            GuardPolicy nudging = POLICY.withMode(GuardMode.NUDGE_FIRST);
            PodGuard guard = guard(host, guest, nudging.withRepayment(Duration.ofMinutes(2), OverdueAction.PAUSE));
            GuardStatus first = run(host, guard, Duration.ofSeconds(90));
            assertEquals(GuardState.COVERED, first.state());
            GuardStatus last = run(host, guard, Duration.ofMinutes(30));
            assertEquals(GuardState.OVERDUE, last.state());
            assertTrue(last.coveredPages() > 0);
            assertEquals(KiB.ofMiB(64), guest.memory().status().target());
            assertTrue(host.xenctrl.domains().info(guest.domid()).orElseThrow().paused());
        }
    }

    @Test
    void aGuestThatNeverPaysGetsAShutdownRequestIfThePolicySaysSo() {
        try (TestHost host = host(BalloonDriver.of(BalloonFamily.NONE))) {
            Domain guest = host.toolstack.create(TestHost.guest("web", 64, 88).build());
            guest.unpause();
            GuardPolicy nudging = POLICY.withMode(GuardMode.NUDGE_FIRST);
            PodGuard guard = guard(host, guest, nudging.withRepayment(Duration.ofMinutes(2), OverdueAction.SHUT_DOWN));
            GuardStatus first = run(host, guard, Duration.ofSeconds(90));
            assertEquals(GuardState.COVERED, first.state());
            assertEquals(Optional.empty(), guest.status().shutdownReason());
            run(host, guard, Duration.ofMinutes(30));
            assertEquals(Optional.of(ShutdownReason.POWEROFF), guest.status().shutdownReason());
        }
    }

    @Test
    void aDriverThatFollowsTheNudgeRepaysItsLoan() {
        BalloonDriver shortBy = BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(700);
        try (TestHost host = host(shortBy)) {
            Domain guest = host.toolstack.create(TestHost.guest("web", 64, 88).build());
            guest.unpause();
            // Covered at once, without a nudge before.
            host.xen.advance(Duration.ofMinutes(1));
            assertTrue(guest.pod().cover(BUDGET).count() > 0);
            PodGuard guard = host.toolstack.newGuard(
                    GuardPolicy.standard().withRepayment(Duration.ofMinutes(2), OverdueAction.REPORT),
                    GuardScope.ALL,
                    GuardListener.NONE);
            GuardStatus last = run(host, guard, Duration.ofMinutes(30));
            assertEquals(GuardState.SETTLED, last.state());
            assertEquals(Pages.ZERO, guest.pod().lent());
            assertEquals(KiB.ofMiB(64), guest.memory().status().target());
            assertEquals(0, guest.pod().status().debtPages());
        }
    }
}
