// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
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
@EnumSource(
        value = MigrationProtocol.class,
        names = {"XL", "OWN"})
class MigrationFaultsTest {
    /** Calls to strike at in each test; {@code -Dpoints=N} takes more. */
    private static final int POINTS = Integer.getInteger("points", 3);

    /** The number of calls of each end; the same for all tests. */
    private static final Map<End, Long> CALLS = new EnumMap<>(End.class);

    private final MigrationProtocol protocol;

    MigrationFaultsTest(MigrationProtocol protocol) {
        this.protocol = protocol;
    }

    private enum End {
        SENDER,
        RECEIVER
    }

    private record Processes(TestProcess sender, TestProcess receiver) {
        static Processes on(TwoHosts hosts) {
            return new Processes(hosts.source.newProcess(), hosts.target.newProcess());
        }

        TestProcess at(End end) {
            return end == End.SENDER ? sender : receiver;
        }
    }

    private static long callsOf(End end) {
        try (TwoHosts hosts = TwoHosts.create()) {
            hosts.start(17, 17);
            Processes processes = Processes.on(hosts);
            Toolstack sender = processes.sender().open();
            Toolstack receiver = processes.receiver().open();
            long before = processes.at(end).faults().calls();
            List<Throwable> failures = hosts.migrate(sender, receiver, new TestCable(), MigrationListener.NONE);
            assertTrue(failures.isEmpty(), failures.toString());
            return processes.at(end).faults().calls() - before;
        }
    }

    private LongStream points(End end) {
        long calls = CALLS.computeIfAbsent(end, MigrationFaultsTest::callsOf);
        assertTrue(calls > 30, "a migration is more than " + calls + " calls");
        return LongStream.rangeClosed(1, POINTS).map(point -> Math.max(1, calls * point / POINTS - point % 3));
    }

    private void strike(End end, LongFunction<Fault> fault) {
        points(end).forEach(call -> strike(end, call, fault.apply(call)));
    }

    private void strike(End end, long call, Fault fault) {
        strike(TwoHosts.create(), end, call, fault);
    }

    private void strike(TwoHosts between, End end, long call, Fault fault) {
        try (TwoHosts hosts = between.using(protocol)) {
            hosts.start(17, 17);
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
            String after =
                    end + " call " + call + ": " + processes.at(end).faults().injected();
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

    @Test
    void theSenderIsKilled() {
        strike(End.SENDER, Fault::processKilled);
    }

    @Test
    void theSenderIsKilledWhileItRemovesItsDomainBesideTheGuestOnOneHost() {
        long calls = CALLS.computeIfAbsent(End.SENDER, MigrationFaultsTest::callsOf);
        for (long call = calls - 20; call < calls; call += 3) {
            strike(TwoHosts.oneHost(), End.SENDER, call, Fault.processKilled(call));
        }
    }

    @Test
    void theReceiverIsKilled() {
        strike(End.RECEIVER, Fault::processKilled);
    }

    @Test
    void aCallOfTheSenderFails() {
        strike(End.SENDER, call -> Fault.callFails(call, Errno.EIO));
    }

    @Test
    void aCallOfTheReceiverFails() {
        strike(End.RECEIVER, call -> Fault.callFails(call, Errno.EIO));
    }

    @Test
    void theAnswerToACallOfTheReceiverIsLost() {
        strike(End.RECEIVER, call -> Fault.answerLost(call, Errno.EIO));
    }
}
