// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.balance.GuestSnapshot.Phase;

class FairDeciderTest {
    private static final long MIB = 256;
    private static final Instant START = Instant.EPOCH;
    private static final UUID GUEST = new UUID(1, 1);

    private final FairDecider decider = new FairDecider(BalancePolicy.standard());

    private static GuestSnapshot guest(int domid, long ownedMib, long sizeMib) {
        return new GuestSnapshot(
                domid,
                GUEST,
                "web",
                Phase.RUNNING,
                ownedMib * MIB,
                sizeMib * MIB,
                200 * MIB,
                4000 * MIB,
                1000 * MIB,
                0,
                Optional.empty());
    }

    private BalanceDecision look(Duration after, long freeMib, GuestSnapshot guest, MemoryRequest... requests) {
        return decider.decide(new HostSnapshot(START.plus(after), freeMib * MIB, 0, List.of(guest), List.of(requests)));
    }

    @Test
    void memoryThatAGuestWasToldToTakeAndHasNotTakenIsGivenToARequest() {
        look(Duration.ZERO, 2500, guest(1, 1000, 1000));
        look(Duration.ofSeconds(1), 2500, guest(1, 1000, 3000));
        MemoryRequest request = new MemoryRequest(
                "new", 2400 * MIB, START, START.plus(Duration.ofMinutes(1)), MemoryRequest.State.WAITING);
        BalanceDecision decision = look(Duration.ofSeconds(2), 2500, guest(1, 1000, 3000), request);
        assertInstanceOf(MemoryAnswer.Promised.class, decision.answers().get("new"));
        assertEquals(1, decision.targets().size(), decision.targets().toString());
        TargetChange change = decision.targets().get(0);
        assertTrue(
                change.toPages() >= 990 * MIB && change.toPages() <= 1030 * MIB,
                "growth is cancelled first: " + change);
        BalanceDecision next = look(Duration.ofSeconds(3), 2500, guest(1, 1000, change.toPages() / MIB), request);
        assertEquals(new MemoryAnswer.Granted(), next.answers().get("new"));
    }

    @Test
    void aRebootedGuestIsAnotherOneUntilItHasReachedItsTarget() {
        assertEquals(1, look(Duration.ZERO, 500, guest(1, 1000, 1000)).shares().size());
        BalanceDecision rebooted = look(Duration.ofSeconds(1), 500, guest(2, 1500, 1000));
        assertEquals(List.of(), rebooted.shares(), "its driver has not begun yet");
        assertEquals(List.of(), rebooted.targets());
    }

    @Test
    void aDriverIsTriedAgainWhenItsTargetIsRaisedToWhatTheGuestOwns() {
        look(Duration.ZERO, 500, guest(1, 1000, 1000));
        look(Duration.ofSeconds(1), 500, guest(1, 1000, 500));
        assertEquals(
                BalanceFinding.Kind.STUCK,
                look(Duration.ofSeconds(8), 500, guest(1, 1000, 500))
                        .findings()
                        .get(0)
                        .kind());
        BalanceDecision raised = look(Duration.ofSeconds(9), 500, guest(1, 1000, 1000));
        assertEquals(List.of(), raised.findings());
        assertEquals(1, raised.shares().size());
    }

    @Test
    void aGuestWhoseDriverGaveNothingGrowsWithTheOthersWhenNothingIsLacking() {
        look(Duration.ZERO, 64, guest(1, 1000, 1000));
        look(Duration.ofSeconds(1), 64, guest(1, 1000, 500));
        BalanceDecision kept = look(Duration.ofSeconds(8), 66, guest(1, 1000, 500));
        assertEquals(BalanceFinding.Kind.STUCK, kept.findings().get(0).kind());
        assertEquals(List.of(), kept.targets(), "there is nothing to grow out of");
        BalanceDecision grows = look(Duration.ofSeconds(9), 264, guest(1, 1000, 500));
        assertEquals(List.of(new TargetChange(1, 500 * MIB, 1200 * MIB)), grows.targets());
    }

    @Test
    void anOlderRunOfAGuestDoesNotUseTheMemoryThatIsGrantedForTheNext() {
        GuestSnapshot stopped = new GuestSnapshot(
                1,
                GUEST,
                "web",
                Phase.FIXED,
                1000 * MIB,
                1000 * MIB,
                1000 * MIB,
                1000 * MIB,
                1000 * MIB,
                0,
                Optional.empty());
        MemoryRequest granted = new MemoryRequest(
                GUEST.toString(), 900 * MIB, START, START.plus(Duration.ofMinutes(1)), MemoryRequest.State.GRANTED);
        MemoryRequest other = new MemoryRequest(
                "other", 100 * MIB, START, START.plus(Duration.ofMinutes(1)), MemoryRequest.State.WAITING);
        look(Duration.ZERO, 1000, stopped, granted);
        assertInstanceOf(
                MemoryAnswer.Refused.class,
                look(Duration.ofSeconds(1), 1000, stopped, granted, other)
                        .answers()
                        .get("other"));
    }

    @Test
    void aDriverThatIsStuckWhenTheBalancerStartsIsReportedAfterAMinute() {
        assertEquals(List.of(), look(Duration.ZERO, 64, guest(1, 1000, 500)).findings());
        assertEquals(
                List.of(), look(Duration.ofSeconds(59), 64, guest(1, 1000, 500)).findings());
        assertEquals(
                BalanceFinding.Kind.STUCK,
                look(Duration.ofSeconds(61), 64, guest(1, 1000, 500))
                        .findings()
                        .get(0)
                        .kind());
    }

    @Test
    void twoLooksAtAlmostTheSameTimeMeasureNoPace() {
        DriverTrack driver = new DriverTrack();
        driver.look(guest(1, 1000, 1000), START);
        driver.look(guest(1, 1000, 500), START.plusSeconds(1));
        driver.look(guest(1, 990, 500), START.plusSeconds(1).plusNanos(500_000));
        assertEquals(16_384, driver.pagesPerSecond());
        driver.look(guest(1, 500, 500), START.plusSeconds(1).plusNanos(900_000));
        assertEquals(16_384, driver.pagesPerSecond());
    }
}
