// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.migrate.MigrationPace;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.save.PassingTime;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Injects a fault at calls of each end of a migration: afterwards exactly one host runs the guest, and its memory is what
 * it last wrote.
 */
@ParameterizedClass
@EnumSource
class MigrationFaultsTest {
    /** Calls to strike at in each test; {@code -Dpoints=N} takes more. */
    private static final int POINTS = Integer.getInteger("points", 3);

    /** The number of calls of each end; the same for all tests. */
    private static final Map<Guest, Map<End, Long>> CALLS = new EnumMap<>(Guest.class);

    @TempDir
    private static Path directory;

    private final Way way;

    MigrationFaultsTest(Way way) {
        this.way = way;
    }

    /** The protocol and the links. */
    enum Way {
        XL,
        OWN,
        /** Over two links at once. */
        PARALLEL;

        private void apply(TwoHosts hosts) {
            hosts.protocol = this == XL ? MigrationProtocol.XL : MigrationProtocol.OWN;
            if (this == PARALLEL) {
                hosts.network = Optional.of(new TestNetwork(attempt -> Optional.of(new TestCable())));
                hosts.pace = MigrationPace.STANDARD.streams(2);
                hosts.limits = TwoHosts.LIMITS.reconnecting(Duration.ofMillis(300));
            }
        }
    }

    private enum End {
        SENDER,
        RECEIVER
    }

    private enum Guest {
        PVH,
        /** With a QEMU, whose commands are calls too. */
        HVM,
        /** With a QEMU that serves a disk. */
        PVH_WITH_QEMU;

        private Domain startOn(TwoHosts hosts) {
            return hosts.start(
                    switch (this) {
                        case PVH -> TestHost.guest("web", 17, 17);
                        case HVM -> TestHost.hvmGuest("web", 17, 17);
                        case PVH_WITH_QEMU -> TwoHosts.guestWithQemuDisk(directory);
                    });
        }
    }

    private record Processes(TestProcess sender, TestProcess receiver) {
        static Processes on(TwoHosts hosts) {
            return new Processes(hosts.source.newProcess(), hosts.target.newProcess());
        }

        TestProcess at(End end) {
            return end == End.SENDER ? sender : receiver;
        }
    }

    private static long callsOf(Guest guest, End end) {
        try (TwoHosts hosts = TwoHosts.create()) {
            guest.startOn(hosts);
            Processes processes = Processes.on(hosts);
            Toolstack sender = processes.sender().open();
            Toolstack receiver = processes.receiver().open();
            long before = processes.at(end).faults().calls();
            List<Throwable> failures = hosts.migrate(sender, receiver, new TestCable(), MigrationListener.NONE);
            assertTrue(failures.isEmpty(), failures.toString());
            return processes.at(end).faults().calls() - before;
        }
    }

    private static long knownCallsOf(Guest guest, End end) {
        return CALLS.computeIfAbsent(guest, key -> new EnumMap<>(End.class))
                .computeIfAbsent(end, key -> callsOf(guest, end));
    }

    private LongStream points(Guest guest, End end) {
        long calls = knownCallsOf(guest, end);
        assertTrue(calls > 30, "a migration is more than " + calls + " calls");
        return LongStream.rangeClosed(1, POINTS).map(point -> Math.max(1, calls * point / POINTS - point % 3));
    }

    private void strike(Guest guest, End end, LongFunction<Fault> fault) {
        points(guest, end).forEach(call -> strike(TwoHosts.create(), guest, end, call, fault.apply(call)));
    }

    private void strike(TwoHosts between, Guest guest, End end, long call, Fault fault) {
        try (TwoHosts hosts = between) {
            // xl's protocol does not take such a guest.
            assumeTrue(way != Way.XL || guest != Guest.PVH_WITH_QEMU);
            way.apply(hosts);
            guest.startOn(hosts);
            Processes processes = Processes.on(hosts);
            Toolstack sender = processes.sender().open();
            Toolstack receiver = processes.receiver().open();
            processes.at(end).faults().inject(fault);
            hosts.beforeAnswer = () -> {
                if (end == End.RECEIVER) {
                    succeed(processes.receiver(), hosts.target);
                }
            };
            hosts.migrate(sender, receiver, new TestCable(), MigrationListener.NONE);
            succeed(processes.sender(), hosts.source);
            succeed(processes.receiver(), hosts.target);
            hosts.beforeAnswer = () -> {};
            settle(hosts);
            String after = guest + " " + end + " call " + call + ": "
                    + processes.at(end).faults().injected();
            hosts.assertOneRuns(after);
            assertTrue(hosts.source.toolstack.leftovers().find().isEmpty(), after);
            assertTrue(hosts.target.toolstack.leftovers().find().isEmpty(), after);
        }
    }

    /** The process ends, and another one starts on its host. */
    private static void succeed(TestProcess process, TestHost host) {
        process.faults().close();
        process.ends();
        TestProcess next = host.newProcess();
        PassingTime.during(host.xen, () -> next.open().close());
        next.ends();
    }

    /** Repeats the migration of a guest that was given away, which asks the target. */
    private static void settle(TwoHosts hosts) {
        hosts.source.toolstack.domains().stream()
                .filter(domain -> domain.name().equals(Handshake.away("web")))
                .forEach(domain -> settle(hosts, domain));
    }

    private static void settle(TwoHosts hosts, Domain domain) {
        try {
            domain.migration()
                    .migrate(
                            hosts.target(new TestCable()), TwoHosts.LIMITS, MigrationListener.NONE, new Cancellation());
        } catch (MigrationException e) {
            assertTrue(e.getMessage().contains("take it back"), e.getMessage());
            assertEquals(Handshake.away("web"), domain.name());
            domain.migration().takeBack(hosts.target(new TestCable()), TwoHosts.LIMITS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSenderIsKilled(Guest guest) {
        strike(guest, End.SENDER, Fault::processKilled);
    }

    @ParameterizedTest
    @EnumSource
    void theSenderIsKilledWhileItRemovesItsDomainBesideTheGuestOnOneHost(Guest guest) {
        long calls = knownCallsOf(guest, End.SENDER);
        for (long call = calls - 20; call < calls; call += 3) {
            strike(TwoHosts.oneHost(), guest, End.SENDER, call, Fault.processKilled(call));
        }
    }

    @ParameterizedTest
    @EnumSource
    void theReceiverIsKilled(Guest guest) {
        strike(guest, End.RECEIVER, Fault::processKilled);
    }

    @ParameterizedTest
    @EnumSource
    void aCallOfTheSenderFails(Guest guest) {
        strike(guest, End.SENDER, call -> Fault.callFails(call, Errno.EIO));
    }

    @ParameterizedTest
    @EnumSource
    void aCallOfTheReceiverFails(Guest guest) {
        strike(guest, End.RECEIVER, call -> Fault.callFails(call, Errno.EIO));
    }

    @ParameterizedTest
    @EnumSource
    void theAnswerToACallOfTheReceiverIsLost(Guest guest) {
        strike(guest, End.RECEIVER, call -> Fault.answerLost(call, Errno.EIO));
    }
}
