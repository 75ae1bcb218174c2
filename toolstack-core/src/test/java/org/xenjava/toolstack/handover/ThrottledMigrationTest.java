// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.migrate.MigrationPace;
import org.xenjava.toolstack.processor.CpuShare;
import org.xenjava.toolstack.progress.MigrationProgress;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.save.PassingTime;
import org.xenjava.toolstack.sim.fault.Fault;

/** Guests that a migration slows down have the cap again that they had, however it ends. */
@Timeout(180)
class ThrottledMigrationTest {
    private static final CpuShare OWN = new CpuShare(300, 60);

    /** Calls to strike at; {@code -Dpoints=N} takes more. */
    private static final int POINTS = Integer.getInteger("points", 3);

    private TwoHosts hosts = TwoHosts.create();

    @AfterEach
    void close() {
        hosts.close();
    }

    /** A guest whose writes never end in time: with the lowest cap, it writes once a second. */
    private Domain start() {
        hosts.listener = this::letTheGuestWrite;
        hosts.pace = new MigrationPace(OptionalLong.empty(), Optional.of(Duration.ofNanos(1)), true);
        Domain domain = hosts.start(17, 17);
        domain.processors().setShare(OWN);
        return domain;
    }

    private void letTheGuestWrite(MigrationProgress progress) {
        if (progress.phase() == Phase.COPYING) {
            hosts.source.xen.advance(Duration.ofSeconds(2));
        }
    }

    private void assertOwnCap(TestHost host, String after) {
        assertEquals(
                OWN, host.toolstack.find(TwoHosts.ID).orElseThrow().processors().share(), after);
    }

    /**
     * Time passes for the guest until it has a cap of at most 25 %: it writes 400 pages in a minute without a cap, of which
     * the limit of the bandwidth lets 256 be sent in the longest rest.
     */
    @Test
    void theOtherHostGetsTheCapThatTheGuestHad() {
        Domain domain = hosts.source.toolstack.create(
                TestHost.guest("web", 20, 20).uuid(TwoHosts.ID).build());
        domain.unpause();
        hosts.source.xen.advance(Duration.ofMinutes(1));
        hosts.source.xen.guest(domain.domid()).orElseThrow().writeSteadily(400, Duration.ofMinutes(1));
        domain.processors().setShare(OWN);
        hosts.pace = new MigrationPace(OptionalLong.of(40L << 20), Optional.of(Duration.ofMillis(25)), true);
        Set<Integer> caps = new TreeSet<>();
        hosts.listener = progress -> {
            progress.cap().ifPresent(caps::add);
            if (progress.phase() == Phase.COPYING && progress.cap().orElse(100) > 25) {
                hosts.source.xen.advance(Duration.ofMinutes(10));
            }
        };
        assertEquals(List.of(), hosts.migrate(new TestCable()));
        assertTrue(caps.containsAll(Set.of(30, 15)), caps.toString());
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        assertOwnCap(hosts.target, "a migration");
        assertTrue(hosts.source.toolstack.leftovers().find().isEmpty());
    }

    @Test
    void aGuestThatWritesTooMuchInSpiteOfTheLowestCapHasItsOwnAgain() {
        start();
        List<Throwable> failures = hosts.migrate(new TestCable());
        assertTrue(failures.get(0).getMessage().contains("slowed down to 5 % of a CPU"), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
        assertOwnCap(hosts.source, "a refusal");
    }

    @Test
    void aGuestHasItsOwnCapAfterACancelledMigration() {
        start();
        hosts.listener = progress -> {
            letTheGuestWrite(progress);
            if (progress.cap().isPresent()) {
                hosts.cancellation.cancel();
            }
        };
        List<Throwable> failures = hosts.migrate(new TestCable());
        assertInstanceOf(OperationCancelledException.class, failures.get(0), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a cancellation"));
        assertOwnCap(hosts.source, "a cancellation");
    }

    @Test
    void aGuestHasItsOwnCapAfterALostLink() {
        start();
        TestCable cable = new TestCable();
        hosts.listener = progress -> {
            letTheGuestWrite(progress);
            if (progress.cap().isPresent()) {
                cable.cut();
            }
        };
        assertEquals(2, hosts.migrate(cable).size());
        assertSame(hosts.source, hosts.assertOneRuns("a cut"));
        assertOwnCap(hosts.source, "a cut");
    }

    /** Calls of the passes over the memory, each of which may be that of a cap or of its record. */
    @Test
    void aGuestHasItsOwnCapAfterItsSenderIsKilled() {
        long calls = strike(Long.MAX_VALUE);
        for (int point = 1; point <= POINTS; point++) {
            hosts.close();
            hosts = TwoHosts.create();
            strike(calls * point / (POINTS + 1));
        }
    }

    /** Kills the sender at a call; returns the calls that it has made. */
    private long strike(long call) {
        start();
        TestProcess process = hosts.source.newProcess();
        Toolstack sender = process.open();
        long before = process.faults().calls();
        if (call < Long.MAX_VALUE) {
            process.faults().inject(Fault.processKilled(call));
        }
        hosts.migrate(sender, hosts.target.toolstack, new TestCable(), hosts.listener);
        long made = process.faults().calls() - before;
        String after = "call " + call + ": " + process.faults().injected();
        process.faults().close();
        process.ends();
        TestProcess next = hosts.source.newProcess();
        PassingTime.during(hosts.source.xen, () -> next.open().close());
        next.ends();
        assertSame(hosts.source, hosts.assertOneRuns(after));
        assertOwnCap(hosts.source, after);
        assertTrue(hosts.source.toolstack.leftovers().find().isEmpty(), after);
        return made;
    }

    @Test
    void aGuestIsSlowedDownOnlyForALongestRest() {
        assertThrows(ConfigException.class, () -> new MigrationPace(OptionalLong.empty(), Optional.empty(), true));
    }
}
