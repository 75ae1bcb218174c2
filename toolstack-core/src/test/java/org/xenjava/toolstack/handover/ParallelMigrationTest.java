// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.migrate.MigrationPace;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Migrations whose pages travel over several links at once. */
@Timeout(300)
class ParallelMigrationTest {
    private static final int STREAMS = 3;
    private static final long RATE = 200L << 20;
    private static final IntFunction<Optional<TestCable>> GOOD = attempt -> Optional.of(new TestCable());

    private static TwoHosts hosts(MigrationProtocol protocol, int streams, TestNetwork network) {
        TwoHosts hosts = TwoHosts.create().using(protocol);
        hosts.network = Optional.of(network);
        hosts.pace = MigrationPace.STANDARD.streams(streams);
        hosts.listener = afterLinksAreMade(network, streams, MigrationListener.NONE);
        hosts.start(24, 24);
        return hosts;
    }

    /** Lets the memory wait, after its first part, for the links beside the first one, but no longer than a moment. */
    private static MigrationListener afterLinksAreMade(TestNetwork network, int streams, MigrationListener next) {
        AtomicBoolean made = new AtomicBoolean();
        return progress -> {
            if (progress.copied().count() > 0 && !made.getAndSet(true)) {
                await(() -> network.answered() >= streams - 1);
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
            next.onProgress(progress);
        };
    }

    private static void await(BooleanSupplier state) {
        long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
        while (!state.getAsBoolean() && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = MigrationProtocol.class,
            names = {"AUTO", "OWN", "OWN_COMPRESSED"})
    void pagesTravelOverAllLinks(MigrationProtocol protocol) {
        TestNetwork network = new TestNetwork(GOOD);
        try (TwoHosts hosts = hosts(protocol, STREAMS, network)) {
            hosts.assertArrives(new TestCable(), "a migration over " + STREAMS + " links");
        }
        assertEquals(STREAMS - 1, network.cables().size());
        for (TestCable cable : network.cables()) {
            assertTrue(cable.upWrites() > 1, cable.upWrites() + " messages");
        }
    }

    /** The time on links of a rate is that of the link with the most bytes. */
    private static double secondsOver(int streams) {
        TestNetwork network = new TestNetwork(attempt -> Optional.of(new TestCable().limitingUp(RATE)));
        TestCable first = new TestCable().limitingUp(RATE);
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, streams, network)) {
            hosts.assertArrives(first, streams + " links");
        }
        long most = Stream.concat(Stream.of(first), network.cables().stream())
                .mapToLong(TestCable::upBytes)
                .max()
                .orElseThrow();
        return most / (double) RATE;
    }

    @Test
    void theTimeOnLinksOfARateFallsWithTheirNumber() {
        double one = secondsOver(1);
        double two = secondsOver(2);
        double four = secondsOver(4);
        assertTrue(two < one * 0.8, two + " s over two links, and " + one + " s over one");
        assertTrue(four < one * 0.6, four + " s over four links, and " + one + " s over one");
    }

    /** Copies of an earlier pass arrive after those of the next one. In turn, each link is the one that delays. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void anOlderCopyOfAPageNeverReplacesANewerOne(int slow) {
        LongFunction<TestCable> cable =
                link -> link == slow ? new TestCable().delayingUp(Duration.ofMillis(300)) : new TestCable();
        TestNetwork network = new TestNetwork(attempt -> Optional.of(cable.apply(attempt + 1)));
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, STREAMS, network)) {
            hosts.assertArrives(cable.apply(0), "link " + slow + " delays");
        }
        long used =
                network.cables().stream().filter(link -> link.upWrites() > 1).count();
        assertEquals(STREAMS - 1, used, network.cables().size() + " links were made");
    }

    @ParameterizedTest
    @EnumSource(
            value = MigrationProtocol.class,
            names = {"OWN", "OWN_COMPRESSED"})
    void aMigrationGoesOnWhereverTheFirstLinkIsCutBeforeTheHandOver(MigrationProtocol protocol) {
        long resumed = LongStream.range(2, 22)
                .filter(point -> {
                    TestNetwork network = new TestNetwork(GOOD);
                    try (TwoHosts hosts = hosts(protocol, STREAMS, network)) {
                        TestCable first =
                                new TestCable().breakingUpAfterWrites(point).sparingPermission();
                        hosts.assertArrives(first, protocol + " first link cut after message " + point);
                    }
                    return network.cables().size() > STREAMS - 1;
                })
                .count();
        assertTrue(resumed > 5, resumed + " cuts led to a further link");
    }

    @ParameterizedTest
    @EnumSource(
            value = MigrationProtocol.class,
            names = {"OWN", "OWN_COMPRESSED"})
    void aMigrationGoesOnWhereverALinkBesideTheFirstIsCut(MigrationProtocol protocol) {
        long resumed = LongStream.range(0, 8)
                .filter(point -> {
                    TestNetwork network = new TestNetwork(attempt ->
                            Optional.of(attempt == 0 ? new TestCable().breakingUpAfterWrites(point) : new TestCable()));
                    try (TwoHosts hosts = hosts(protocol, STREAMS, network)) {
                        hosts.assertArrives(new TestCable(), protocol + " link beside cut after message " + point);
                    }
                    return network.cables().size() > STREAMS - 1;
                })
                .count();
        assertTrue(resumed > 1, resumed + " cuts led to a further link");
    }

    @Test
    void aMigrationGoesOnWhenEachLinkBringsFewMessages() {
        TestNetwork network = new TestNetwork(attempt -> Optional.of(
                attempt < 12 ? new TestCable().breakingUpAfterWrites(4).sparingPermission() : new TestCable()));
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, STREAMS, network)) {
            hosts.assertArrives(new TestCable().breakingUpAfterWrites(6), "cuts");
        }
        assertTrue(network.cables().size() >= STREAMS, network.cables().size() + " links");
    }

    @Test
    void aFrameThatIsDamagedOnALinkIsSentAgain() {
        TestNetwork network = new TestNetwork(
                attempt -> Optional.of(attempt == 0 ? new TestCable().damagingUp(1_000_000) : new TestCable()));
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, STREAMS, network)) {
            hosts.assertArrives(new TestCable(), "a damaged byte");
        }
        assertTrue(network.cables().size() > STREAMS, network.cables().size() + " links");
    }

    @Test
    void theReceiversMessageIsSentAgain() {
        TestNetwork network = new TestNetwork(GOOD);
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, STREAMS, network)) {
            hosts.assertArrives(new TestCable().breakingDownAfter(54 + 32 + 10), "a cut in BUILT");
        }
        assertEquals(STREAMS, network.cables().size());
    }

    @Test
    void linksThatCannotBeMadeAreLeftOut() {
        TestNetwork network = new TestNetwork(attempt -> Optional.empty());
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, STREAMS, network)) {
            hosts.assertArrives(new TestCable(), "no further links");
        }
        assertEquals(List.of(), network.cables());
    }

    @Test
    void aReceiverWithoutFurtherLinksUsesOne() {
        TestNetwork network = new TestNetwork(GOOD);
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, STREAMS, network)) {
            hosts.receiverLink = TestNetwork::alone;
            hosts.assertArrives(new TestCable(), "a migration");
        }
        assertEquals(List.of(), network.cables());
    }

    @Test
    void aSenderThatNeverReturnsLeavesNothingAtTheReceiver() {
        TestNetwork network =
                new TestNetwork(attempt -> attempt < STREAMS - 1 ? Optional.of(new TestCable()) : Optional.empty());
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, STREAMS, network)) {
            hosts.limits = TwoHosts.LIMITS.reconnecting(Duration.ofMillis(300));
            hosts.assertStays(new TestCable().breakingUpAfterWrites(8));
        }
    }

    @Test
    void aCancellationWhilePagesAreSentLeavesTheGuestHere() {
        Cancellation cancellation = new Cancellation();
        TestNetwork network = new TestNetwork(GOOD);
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, STREAMS, network)) {
            hosts.cancellation = cancellation;
            hosts.listener = afterLinksAreMade(network, STREAMS, progress -> {
                if (progress.copied().count() > 3000) {
                    cancellation.cancel();
                }
            });
            List<Throwable> failures = hosts.assertStays(new TestCable());
            assertInstanceOf(OperationCancelledException.class, failures.get(0), failures.toString());
            assertTrue(
                    String.valueOf(failures.get(1).getMessage()).contains("the sender has ended the migration"),
                    failures.toString());
        }
    }

    @Test
    void theReasonOfAReceiverThatRefusesAPageIsKnown() {
        TestNetwork network = new TestNetwork(GOOD);
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, STREAMS, network)) {
            TestProcess receiver = hosts.target.newProcess();
            Toolstack toolstack = receiver.open();
            AtomicBoolean injected = new AtomicBoolean();
            MigrationListener failing = progress -> {
                if (progress.copied().count() > 0 && !injected.getAndSet(true)) {
                    receiver.faults().inject(Fault.callFails(2, Errno.EIO));
                }
            };
            List<Throwable> failures = hosts.migrate(
                    hosts.source.toolstack, toolstack, new TestCable(), afterLinksAreMade(network, STREAMS, failing));
            assertEquals(2, failures.size(), failures.toString());
            assertTrue(
                    String.valueOf(failures.get(0).getMessage()).contains("the other host refuses the guest"),
                    failures.toString());
            assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
            receiver.ends();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, STREAMS})
    void theProgressCountsThePagesOfAllLinks(int streams) {
        List<MigrationProgress> seen = new ArrayList<>();
        TestNetwork network = new TestNetwork(GOOD);
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, streams, network)) {
            hosts.listener = afterLinksAreMade(network, streams, seen::add);
            hosts.assertArrives(new TestCable(), "a migration");
        }
        MigrationProgress end = seen.stream()
                .filter(progress -> progress.pass() == 1)
                .reduce((before, after) -> after)
                .orElseThrow();
        assertEquals(end.toCopy(), end.copied());
        assertTrue(seen.stream().anyMatch(progress -> progress.rates().isPresent()), seen.toString());
    }

    @Test
    void theLimitOfTheBandwidthIsThatOfAllLinksTogether() {
        long limit = 100L << 20;
        List<MigrationProgress> seen = new ArrayList<>();
        TestNetwork network = new TestNetwork(GOOD);
        try (TwoHosts hosts = hosts(MigrationProtocol.OWN, STREAMS, network)) {
            hosts.pace = new MigrationPace(OptionalLong.of(limit), Optional.empty(), false, STREAMS);
            hosts.listener = afterLinksAreMade(network, STREAMS, seen::add);
            hosts.assertArrives(new TestCable(), "a migration");
        }
        assertTrue(
                seen.stream().flatMap(progress -> progress.rates().stream()).allMatch(rates -> rates.sent() <= limit),
                seen.toString());
    }

    @Test
    void theNumberOfLinksHasLimits() {
        assertEquals(16, MigrationPace.STANDARD.streams(16).streams());
        for (int streams : List.of(-1, 0, 17)) {
            assertThrows(ConfigException.class, () -> MigrationPace.STANDARD.streams(streams));
        }
    }
}
