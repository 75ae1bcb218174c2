// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.error.Retry;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** An operation that touches a guest's memory waits until it cannot crash the guest. */
class MemoryTouchingOperationTest {
    private static final Pages PLENTY = Pages.of(100_000);
    private static final BalloonDriver SHORT =
            BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(98);

    private static GuardBench bench() {
        return new GuardBench(PodPolicy.libxl(), SHORT);
    }

    private static Domain settled(GuardBench bench) {
        Domain domain = bench.start("web");
        bench.run(Duration.ofMinutes(1));
        assertEquals(98, bench.debt(domain));
        return domain;
    }

    @ParameterizedTest
    @EnumSource
    void aMemoryTouchingOperationIsRefusedWhileEntriesLackPages(MemoryTouchingOperation move) {
        try (GuardBench bench = bench()) {
            Domain domain = settled(bench);
            MachineState before = bench.host.state();
            PodDebtException refusal =
                    assertThrows(PodDebtException.class, () -> domain.pod().requireNoDebt(move));
            assertEquals(98, refusal.debtPages());
            assertEquals(OptionalInt.of(domain.domid()), refusal.domid());
            assertEquals(Optional.of(domain.uuid()), refusal.uuid());
            assertEquals(Retry.LATER, refusal.retry());
            assertEquals(List.of(), bench.host.state().changesSince(before));
        }
    }

    @Test
    void aMemoryTouchingOperationIsAllowedOnceTheDebtIsCovered() {
        try (GuardBench bench = bench()) {
            Domain domain = settled(bench);
            assertEquals(Pages.of(98), domain.pod().cover(PLENTY));
            assertDoesNotThrow(() -> domain.pod().requireNoDebt(MemoryTouchingOperation.SAVE));
            assertEquals(Pages.ZERO, domain.pod().cover(PLENTY), "there is nothing more to cover");
            assertEquals(List.of("covered", "owner"), bench.notes(domain));
            assertTrue(bench.livesUnderLoad(domain));
        }
    }

    @Test
    void theNextGuardSeesALoanAndGetsItBack() {
        try (GuardBench bench = bench()) {
            Domain domain = settled(bench);
            long maxPages = bench.info(domain).maxPages();
            domain.pod().cover(PLENTY);
            domain.memory().set(KiB.ofMiB(63));
            bench.run(Duration.ofMinutes(30), bench.guard(GuardPolicy.standard()));
            assertEquals(GuardState.SETTLED, bench.lastState());
            assertEquals(List.of(), bench.notes(domain));
            assertTrue(bench.info(domain).maxPages() <= maxPages);
        }
    }

    @Test
    void aBudgetThatIsTooSmallLendsNothing() {
        try (GuardBench bench = bench()) {
            Domain domain = settled(bench);
            MachineState before = bench.host.state();
            PodDebtException refusal =
                    assertThrows(PodDebtException.class, () -> domain.pod().cover(Pages.of(97)));
            assertTrue(refusal.getMessage().contains("the budget of a domain is 97 pages"), refusal.getMessage());
            assertEquals(List.of(), bench.host.state().changesSince(before));
            assertEquals(Pages.of(98), domain.pod().cover(Pages.of(98)));
        }
    }

    @Test
    void aDomainOfARunningGuardIsNotCovered() {
        try (GuardBench bench = new GuardBench(
                PodPolicy.libxl(), BalloonDriver.of(BalloonFamily.LINUX).lying())) {
            Domain domain = bench.start("web");
            bench.runUntil(GuardState.NUDGED, bench.guard(GuardPolicy.standard()));
            PodDebtException refusal =
                    assertThrows(PodDebtException.class, () -> domain.pod().cover(PLENTY));
            assertTrue(refusal.getMessage().endsWith("another guard looks after it"), refusal.getMessage());
        }
    }

    @Test
    void aGuestThatHasStoppedMayBeTouched() {
        try (GuardBench bench = bench()) {
            Domain domain = settled(bench);
            bench.host.xenctrl.domains().remoteShutdown(domain.domid(), ShutdownReason.CRASH.code());
            assertDoesNotThrow(() -> domain.pod().requireNoDebt(MemoryTouchingOperation.COREDUMP));
        }
    }

    @Test
    void aSuspendedGuestWithDebtIsRefused() {
        try (GuardBench bench = bench()) {
            Domain domain = settled(bench);
            bench.host.xenctrl.domains().remoteShutdown(domain.domid(), ShutdownReason.SUSPEND.code());
            assertThrows(PodDebtException.class, () -> domain.pod().requireNoDebt(MemoryTouchingOperation.SAVE));
        }
    }

    @Test
    void domainZeroHasNoDebt() {
        try (GuardBench bench = bench()) {
            Domain dom0 = bench.toolstack.find(0).orElseThrow();
            assertDoesNotThrow(() -> dom0.pod().requireNoDebt(MemoryTouchingOperation.COREDUMP));
            assertEquals(Pages.ZERO, dom0.pod().cover(PLENTY));
        }
    }

    @Test
    void workDoesNotBeginWhileThereIsDebt() {
        try (GuardBench bench = bench()) {
            Domain domain = settled(bench);
            AtomicBoolean begun = new AtomicBoolean();
            assertThrows(PodDebtException.class, () -> domain.pod()
                    .withoutDebt(MemoryTouchingOperation.MIGRATE, () -> begun.getAndSet(true)));
            assertFalse(begun.get());
        }
    }

    @Test
    void aResizeInTheMiddleNeitherWaitsNorMakesADebt() {
        try (GuardBench bench = bench()) {
            Domain domain = settled(bench);
            domain.pod().cover(PLENTY);
            domain.pod().withoutDebt(MemoryTouchingOperation.SAVE, () -> {
                CompletableFuture.runAsync(() -> domain.memory().set(KiB.ofMiB(60)))
                        .orTimeout(1, TimeUnit.MINUTES)
                        .join();
                domain.pod().requireNoDebt(MemoryTouchingOperation.SAVE);
                return domain;
            });
            assertEquals(KiB.ofMiB(60), bench.target(domain));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aGuardCausesNoDebt(GuardMode mode) {
        try (GuardBench bench = bench()) {
            Domain domain = settled(bench);
            domain.pod().cover(PLENTY);
            for (long mib : new long[] {128, 40, 64}) {
                domain.memory().set(KiB.ofMiB(mib));
                bench.run(
                        Duration.ofMinutes(10),
                        bench.guard(GuardPolicy.standard().withMode(mode)));
                assertEquals(0, bench.debt(domain), mib + " MiB");
            }
            assertTrue(bench.livesUnderLoad(domain));
        }
    }
}
