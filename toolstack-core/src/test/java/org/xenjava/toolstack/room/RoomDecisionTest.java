// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.room.RoomDecision.Need;
import org.xenjava.toolstack.room.RoomDecision.Verdict;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The numbers of the lab's host: dom0 has 3919 of 4095 MiB, and 128 MiB are free. */
class RoomDecisionTest {
    private static final Pages OWNED = mib(3919);
    private static final Pages FREE = mib(128);
    private static final KiB IDLE = KiB.ofMiB(3644);

    private static Pages mib(long mib) {
        return KiB.ofMiB(mib).toPages();
    }

    private static RoomDecision decide(long least, long wanted, KiB usable) {
        return RoomDecision.of(RoomPolicy.unlessFixed(), new Need(mib(least), mib(wanted)), FREE, OWNED, usable);
    }

    private static void assertDecision(Verdict verdict, long targetMib, RoomDecision decision) {
        assertEquals(verdict, decision.verdict());
        assertEquals(targetMib, decision.target().toMiB());
    }

    @Test
    void aGuestThatFitsWithTheReserveTakesNothing() {
        assertDecision(Verdict.ENOUGH, 3919, decide(64, 64, IDLE));
    }

    @Test
    void domain0ShrinksByWhatTheGuestAndTheReserveLack() {
        assertDecision(Verdict.SHRINK, 3919 - (260 + 64 - 128), decide(260, 260, IDLE));
    }

    @Test
    void theBackedBootIsMadeRoomForAsWell() {
        assertDecision(Verdict.SHRINK, 3919 - (516 + 64 - 128), decide(260, 516, IDLE));
    }

    @Test
    void domain0KeepsItsLeastSize() {
        assertDecision(Verdict.SHRINK, 1024, decide(2900, 5000, IDLE));
        assertDecision(Verdict.IMPOSSIBLE, 3919, decide(3000, 3000, IDLE));
    }

    /** xl shrinks such a domain 0 to 1434 MiB, of which its programs use 2.9 GiB. */
    @Test
    void memoryInUseIsLeftToDomain0() {
        RoomDecision decision = decide(2609, 2609, KiB.ofMiB(738));
        assertDecision(Verdict.IMPOSSIBLE, 3919, decision);
        assertEquals(mib(738 - 256), decision.spare());
        assertDecision(Verdict.SHRINK, 3919 - 482, decide(540, 900, KiB.ofMiB(738)));
    }

    @Test
    void aGuestThatFitsWithoutTheReserveIsBuiltIfDomain0CanSpareNothing() {
        assertDecision(Verdict.ENOUGH, 3919, decide(120, 120, KiB.ofMiB(100)));
    }
}
