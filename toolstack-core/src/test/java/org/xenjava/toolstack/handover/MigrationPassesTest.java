// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.migrate.MigrationPace;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The passes over the memory of a guest that migrates. */
@ParameterizedClass
@EnumSource(
        value = MigrationProtocol.class,
        names = {"XL", "OWN"})
class MigrationPassesTest {
    private final TwoHosts hosts;

    MigrationPassesTest(MigrationProtocol protocol) {
        hosts = TwoHosts.create().using(protocol);
    }

    @AfterEach
    void close() {
        hosts.close();
    }

    /** Xen does not log the writes to pages that come while memory is copied. */
    @Test
    void aGuestThatGetsPagesMeanwhileMigratesWithWhatItWritesThere() {
        Domain domain = hosts.start(20, 20);
        domain.memory().set(KiB.ofMiB(18));
        hosts.source.xen.advance(Duration.ofMinutes(1));
        hosts.source.xen.guest(domain.domid()).orElseThrow().writeSteadily(5000, Duration.ofMillis(50));
        long[] coming = LongStream.range(4700, 4900).toArray();
        AtomicInteger beginnings = new AtomicInteger();
        MigrationListener listener = progress -> {
            if (progress.phase() == Phase.COPYING) {
                if (progress.copied().count() == 1024 && isOfAll(progress) && beginnings.incrementAndGet() == 1) {
                    assertEquals(200, hosts.source.xenctrl.memory().populatePhysmap(domain.domid(), coming, 0, 0));
                }
                hosts.source.xen.advance(Duration.ofMillis(100));
            }
        };
        assertEquals(
                List.of(), hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable(), listener));
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        assertEquals(2, beginnings.get());
    }

    /** Whether a pass copies all of the memory. */
    private static boolean isOfAll(MigrationProgress progress) {
        return progress.toCopy().count() > 5120;
    }

    @Test
    void aGuestWhosePagesMoveAllTheTimeRunsOn() {
        Domain domain = hosts.start(20, 20);
        hosts.source.xenctrl.memory().setMaxMem(domain.domid(), KiB.ofMiB(40));
        AtomicLong gfn = new AtomicLong(KiB.ofMiB(64).toPages().count());
        MigrationListener listener = progress -> {
            if (progress.phase() == Phase.COPYING
                    && isOfAll(progress)
                    && progress.copied().count() == 1024) {
                hosts.source.xenctrl.memory().populatePhysmap(domain.domid(), new long[] {gfn.getAndIncrement()}, 0, 0);
            }
        };
        List<Throwable> failures =
                hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable(), listener);
        assertInstanceOf(DomainStateException.class, failures.get(0), failures.toString());
        assertTrue(failures.get(0).getMessage().contains("changes all the time"), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
        hosts.target.assertUnchangedSince(hosts.targetBefore, "a refusal");
    }

    @Test
    void aGuestWhosePagesMoveUntilItIsSuspendedRunsOn() {
        Domain domain = hosts.start(20, 20);
        MigrationListener listener = progress -> {
            if (progress.phase() == Phase.SUSPENDED && progress.copied().count() == 0) {
                hosts.source
                        .xenctrl
                        .memory()
                        .populatePhysmap(
                                domain.domid(),
                                new long[] {KiB.ofMiB(64).toPages().count()},
                                0,
                                0);
            }
        };
        List<Throwable> failures =
                hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable(), listener);
        assertInstanceOf(DomainStateException.class, failures.get(0), failures.toString());
        assertTrue(failures.get(0).getMessage().contains("before it was suspended"), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
    }

    @Test
    void aGuestThatWritesTooMuchForTheLongestRestRunsOn() {
        hosts.start(20, 20);
        hosts.pace = new MigrationPace(OptionalLong.empty(), Optional.of(Duration.ofNanos(1)));
        List<MigrationProgress> seen = new ArrayList<>();
        MigrationListener listener = progress -> {
            seen.add(progress);
            hosts.source.xen.advance(Duration.ofMillis(100));
        };
        List<Throwable> failures =
                hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable(), listener);
        assertInstanceOf(DomainStateException.class, failures.get(0), failures.toString());
        assertTrue(failures.get(0).getMessage().contains("longer than allowed"), failures.toString());
        assertTrue(seen.stream().allMatch(progress -> progress.phase() == Phase.COPYING), seen.toString());
        assertEquals(30, seen.get(seen.size() - 1).pass());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
        hosts.assertOneRunsAndNothingElseIsLeft("a refusal");
    }

    @Test
    void aGuestWhoseRestIsShortEnoughIsSuspendedAfterOnePass() {
        hosts.start(20, 20);
        hosts.pace = new MigrationPace(OptionalLong.of(1L << 40), Optional.of(Duration.ofHours(1)));
        List<MigrationProgress> seen = new ArrayList<>();
        MigrationListener listener = progress -> {
            seen.add(progress);
            hosts.source.xen.advance(Duration.ofMillis(100));
        };
        assertEquals(
                List.of(), hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable(), listener));
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        MigrationProgress suspended = seen.stream()
                .filter(progress -> progress.phase() == Phase.SUSPENDED)
                .findFirst()
                .orElseThrow();
        assertEquals(2, suspended.pass());
        assertTrue(suspended.rates().orElseThrow().sent() > 0);
        assertTrue(suspended.rates().orElseThrow().written() > 0);
    }

    /** The number of pages is the same after each look. The new page is among the guest's RAM, or where guests have none. */
    @ParameterizedTest
    @ValueSource(longs = {8000, 16384})
    void aGuestThatGivesUpAPageForAnotherOneRunsOn(long coming) {
        Domain domain = hosts.start(20, 40);
        long[] ram = LongStream.range(4096, 5120).toArray();
        int[] types = hosts.source.xenctrl.state().frameTypes(domain.domid(), ram);
        long leaving = LongStream.of(ram)
                .filter(gfn -> types[(int) (gfn - ram[0])] == 0)
                .findFirst()
                .orElseThrow();
        AtomicInteger changes = new AtomicInteger();
        MigrationListener listener = progress -> {
            if (progress.phase() == Phase.SUSPENDED && changes.incrementAndGet() == 1) {
                assertEquals(
                        1, hosts.source.xenctrl.memory().decreaseReservation(domain.domid(), new long[] {leaving}, 0));
                assertEquals(
                        1, hosts.source.xenctrl.memory().populatePhysmap(domain.domid(), new long[] {coming}, 0, 0));
            }
        };
        List<Throwable> failures =
                hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable(), listener);
        assertInstanceOf(DomainStateException.class, failures.get(0), failures.toString());
        assertTrue(failures.get(0).getMessage().contains("got or gave up pages"), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
        hosts.target.assertUnchangedSince(hosts.targetBefore, "a refusal");
    }

    /** A page that the other host has already would stay there. */
    @Test
    void aGuestThatGivesUpPagesMeanwhileRunsOn() {
        Domain domain = hosts.start(20, 20);
        AtomicInteger changes = new AtomicInteger();
        MigrationListener listener = progress -> {
            if (progress.phase() == Phase.COPYING
                    && progress.copied().count() > 5120
                    && changes.incrementAndGet() == 1) {
                assertEquals(
                        1, hosts.source.xenctrl.memory().decreaseReservation(domain.domid(), new long[] {5000}, 0));
            }
        };
        List<Throwable> failures =
                hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable(), listener);
        assertInstanceOf(DomainStateException.class, failures.get(0), failures.toString());
        assertTrue(failures.get(0).getMessage().contains("got or gave up pages"), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
    }

    @Test
    void aLimitOfTheBandwidthIsTheRateOfThePrediction() {
        hosts.start(17, 17);
        long limit = 100L << 20;
        hosts.pace = new MigrationPace(OptionalLong.of(limit), Optional.empty());
        List<MigrationProgress> seen = new ArrayList<>();
        MigrationListener listener = progress -> {
            seen.add(progress);
            hosts.source.xen.advance(Duration.ofMillis(100));
        };
        assertEquals(
                List.of(), hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable(), listener));
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        assertTrue(
                seen.stream().flatMap(progress -> progress.rates().stream()).allMatch(rates -> rates.sent() <= limit),
                seen.toString());
    }
}
