// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

class GuardStateMachineTest {
    private static final Instant START = Instant.EPOCH;
    private static final GuardPolicy POLICY = GuardPolicy.standard();

    private final GuardStateMachine machine = new GuardStateMachine(POLICY, START);

    private static GuardReading reading(long debt) {
        return new GuardReading(
                new PodCounters(20_000, 0, debt), 30_000, true, false, Optional.of(KiB.ofMiB(64)), GuardRecord.NONE);
    }

    private List<GuardState> states() {
        return machine.takeTransitions().stream()
                .map(GuardStateMachine.Transition::to)
                .toList();
    }

    @Test
    void aGuestWithoutDebtSettlesAtTheFirstLook() {
        assertEquals(Optional.empty(), machine.look(reading(0), START));
        assertEquals(GuardState.SETTLED, machine.state());
        assertEquals(List.of(GuardState.SETTLED), states());
    }

    @Test
    void aFallOfLessThan256PagesIsNoBallooning() {
        machine.look(reading(10_000), START);
        machine.look(reading(9_745), START.plusSeconds(1));
        assertEquals(GuardState.BOOTING, machine.state());
        machine.look(reading(9_744), START.plusSeconds(2));
        assertEquals(GuardState.BALLOONING, machine.state());
    }

    @Test
    void aDebtThatStopsFallingIsNudgedWhenTheStallTimeoutExpires() {
        machine.look(reading(10_000), START);
        Instant begun = START.plusSeconds(1);
        machine.look(reading(500), begun);
        Instant stalled = begun.plus(POLICY.timeouts().stall());
        assertEquals(Optional.empty(), machine.look(reading(500), stalled.minusMillis(1)));
        assertEquals(Optional.of(GuardAction.NUDGE), machine.look(reading(500), stalled));
        assertEquals(List.of(GuardState.BALLOONING, GuardState.SHORT), states());
    }

    @Test
    void aGuestThatNeverBalloonsHasTheBootTimeout() {
        machine.look(reading(10_000), START);
        assertEquals(
                Optional.empty(),
                machine.look(
                        reading(10_000), START.plus(POLICY.timeouts().boot()).minusMillis(1)));
        assertTrue(machine.look(reading(10_000), START.plus(POLICY.timeouts().boot()))
                .isPresent());
    }

    @Test
    void timeoutsDoNotCountThePauseOfAGuest() {
        machine.look(reading(10_000), START);
        GuardReading paused = new GuardReading(
                new PodCounters(20_000, 0, 10_000), 30_000, false, false, Optional.of(KiB.ofMiB(64)), GuardRecord.NONE);
        Instant late = START.plus(Duration.ofHours(1));
        assertEquals(Optional.empty(), machine.look(paused, late));
        assertEquals(
                Optional.empty(),
                machine.look(
                        reading(10_000), late.plus(POLICY.timeouts().boot()).minusMillis(1)));
    }

    @Test
    void aRefusedCoverGivesUpWithTheReason() {
        machine.look(reading(10_000), START);
        machine.look(reading(10_000), START.plus(POLICY.timeouts().boot()));
        machine.takeTransitions();
        machine.done(
                GuardAction.COVER,
                GuardOutcome.refused("the budget is used up"),
                START.plus(POLICY.timeouts().boot()));
        assertEquals(
                List.of(new GuardStateMachine.Transition(
                        GuardState.SHORT, GuardState.GAVE_UP, "the budget is used up")),
                machine.takeTransitions());
    }

    @Test
    void theNextLookIsNeverLaterThanTheEndOfATimeout() {
        Instant now = START;
        Instant end = START.plus(POLICY.timeouts().boot());
        machine.look(reading(10_000), now);
        while (machine.due().isBefore(end)) {
            assertTrue(machine.due().isAfter(now), "time goes on");
            now = machine.due();
            machine.look(reading(10_000), now);
        }
        assertEquals(end, machine.due());
    }
}
