// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationToken;
import org.xenjava.toolstack.progress.Cancellation;

/** Migrations whose link is lost before the hand-over, and which go on over a further link. */
class ResumedMigrationTest {
    /** The header and the first frame, after which the receiver knows the migration. */
    private static final int BEFORE = 2;

    /** Lengths of the receiver's messages before it has built the domain. */
    private static final int READY_AND_ANSWER = 54 + 32;

    private static final IntFunction<Optional<TestCable>> GOOD = attempt -> Optional.of(new TestCable());
    private static final IntFunction<Optional<TestCable>> NONE = attempt -> Optional.empty();

    private static TwoHosts hosts(MigrationProtocol protocol, TestNetwork network) {
        TwoHosts hosts = TwoHosts.create().using(protocol);
        hosts.network = Optional.of(network);
        hosts.start(17, 17);
        return hosts;
    }

    private static long writes(MigrationProtocol protocol) {
        TestCable cable = new TestCable();
        TestNetwork network = new TestNetwork(NONE);
        try (TwoHosts hosts = hosts(protocol, network)) {
            hosts.assertArrives(cable, "a migration");
        }
        assertEquals(List.of(), network.cables());
        return cable.upWrites();
    }

    @ParameterizedTest
    @EnumSource(
            value = MigrationProtocol.class,
            names = {"OWN", "OWN_COMPRESSED"})
    void aMigrationGoesOnWhereverTheLinkIsCutBeforeTheHandOver(MigrationProtocol protocol) {
        long writes = writes(protocol);
        // The number of messages varies with what the guest writes meanwhile.
        long resumed = LongStream.range(BEFORE, writes)
                .filter(point -> {
                    TestNetwork network = new TestNetwork(GOOD);
                    try (TwoHosts hosts = hosts(protocol, network)) {
                        TestCable first =
                                new TestCable().breakingUpAfterWrites(point).sparingPermission();
                        hosts.assertArrives(first, protocol + " cut after message " + point);
                    }
                    return !network.cables().isEmpty();
                })
                .count();
        assertTrue(resumed > (writes - BEFORE) / 2, resumed + " of " + writes + " cuts led to a further link");
    }

    @Test
    void aMigrationGoesOnWhenEachLinkBringsFewMessages() {
        TestNetwork network = new TestNetwork(attempt -> Optional.of(
                attempt < 6 ? new TestCable().breakingUpAfterWrites(4).sparingPermission() : new TestCable()));
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, network)) {
            hosts.assertArrives(new TestCable().breakingUpAfterWrites(4), "cuts");
        }
        assertTrue(network.cables().size() > 1, network.cables().size() + " links");
    }

    @Test
    void aDamagedFrameIsSentAgain() {
        for (long offset : new long[] {2_000_000, 6_000_000}) {
            TestNetwork network = new TestNetwork(GOOD);
            try (TwoHosts hosts = hosts(MigrationProtocol.OWN, network)) {
                hosts.assertArrives(new TestCable().damagingUp(offset), "a damaged byte at " + offset);
            }
            assertEquals(1, network.cables().size());
        }
    }

    @Test
    void theReceiversMessageIsSentAgain() {
        TestNetwork network = new TestNetwork(GOOD);
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, network)) {
            hosts.assertArrives(new TestCable().breakingDownAfter(READY_AND_ANSWER + 10), "a cut in BUILT");
        }
        assertEquals(1, network.cables().size());
    }

    @Test
    void aReceiverWhoseSenderNeverReturnsLeavesNothing() {
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, new TestNetwork(NONE))) {
            hosts.limits = TwoHosts.LIMITS.reconnecting(Duration.ofMillis(300));
            List<Throwable> failures = hosts.assertStays(new TestCable().breakingUpAfterWrites(5));
            String message = String.valueOf(failures.get(0).getMessage());
            assertTrue(message.contains("connecting again failed for 0 s: no route to host"), message);
            assertTrue(message.endsWith("the guest runs on here"), message);
        }
    }

    @Test
    void linksThatBringNothingEndTheMigration() {
        TestNetwork network = new TestNetwork(attempt -> Optional.of(new TestCable().breakingUpAfterWrites(1)));
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, network)) {
            hosts.limits = TwoHosts.LIMITS.reconnecting(Duration.ofSeconds(3));
            hosts.receiverLimits = TwoHosts.LIMITS.reconnecting(Duration.ofSeconds(3));
            hosts.assertStays(new TestCable().breakingUpAfterWrites(5));
        }
        assertTrue(network.cables().size() > 1, network.cables().size() + " links");
        // Each attempt waits before the next one.
        assertTrue(network.cables().size() < 20, network.cables().size() + " links");
    }

    @Test
    void aWrongTokenIsRefused() {
        TestNetwork network = new TestNetwork(GOOD);
        network.shown = token -> MigrationToken.random();
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, network)) {
            hosts.limits = TwoHosts.LIMITS.reconnecting(Duration.ofMinutes(1));
            hosts.receiverLimits = TwoHosts.LIMITS.reconnecting(Duration.ofSeconds(5));
            List<Throwable> failures = hosts.assertStays(new TestCable().breakingUpAfterWrites(5));
            String message = String.valueOf(failures.get(0).getMessage());
            assertTrue(message.contains("no migration waits there for a further link"), message);
        }
        assertTrue(network.cables().size() > 1, network.cables().size() + " attempts");
    }

    @Test
    void aReceiverWithoutFurtherLinksEndsTheMigrationWithTheLink() {
        TestNetwork network = new TestNetwork(GOOD);
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, network)) {
            hosts.receiverLink = TestNetwork::alone;
            hosts.assertStays(new TestCable().breakingUpAfterWrites(5));
        }
        assertEquals(List.of(), network.cables());
    }

    @Test
    void aCancellationEndsTheAttemptsToConnectAgain() {
        Cancellation cancellation = new Cancellation();
        TestNetwork network = new TestNetwork(attempt -> {
            cancellation.cancel();
            return Optional.empty();
        });
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, network)) {
            hosts.cancellation = cancellation;
            hosts.receiverLimits = TwoHosts.LIMITS.reconnecting(Duration.ofSeconds(1));
            List<Throwable> failures = hosts.assertStays(new TestCable().breakingUpAfterWrites(5));
            assertTrue(failures.get(0) instanceof OperationCancelledException, failures.toString());
        }
    }

    @Test
    void aReceiverIsToldOfTheEndOfAMigration() {
        Cancellation cancellation = new Cancellation();
        TestNetwork network = new TestNetwork(GOOD);
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, network)) {
            hosts.cancellation = cancellation;
            hosts.listener = progress -> cancellation.cancel();
            List<Throwable> failures = hosts.assertStays(new TestCable());
            assertTrue(
                    String.valueOf(failures.get(1).getMessage()).contains("the sender has ended the migration"),
                    failures.toString());
        }
        assertEquals(List.of(), network.cables());
    }
}
