// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The effects of an access to a populate-on-demand frame. */
class DemandPopulateTest {
    private static Bench base() {
        return Bench.small(64).target(8).mark(0, 16);
    }

    @Test
    void anAccessMovesAPageFromTheCacheToTheGuest() {
        assertEquals("E8 C0 P8", base().dirty(0, 8).state());
    }

    @Test
    void theUnitIsTheEntryAndAnEmptySuperpageListSplitsIt() {
        Bench bench = Bench.large().target(1124).markBlocks(0, 4);
        assertEquals("E1536 C612 P512", bench.touch(0, 1).dirty(0, 512).state());
        assertEquals("E1024 C100 P1024", bench.dirty(512, 512).state());
        assertEquals("E1023 C99 P1025", bench.touch(1024, 1).state());
    }

    @Test
    void aGigabyteEntryIsPopulatedInUnitsOfTwoMebibytes() {
        Bench bench = Bench.huge().target(1024);
        assertTrue(bench.domain.markPopulateOnDemand(0, 18));
        assertEquals(1 << 18, bench.entries());
        bench.touch(700, 1);
        assertEquals((1 << 18) - 512, bench.entries());
        assertEquals(512, bench.cache());
    }

    @Test
    void withAnEmptyCacheTheNinthPageCrashesTheDomainAndXenPrintsTheReason() {
        Bench bench = base().dirty(0, 9);
        assertEquals(1, bench.crashes);
        assertEquals(List.of("p2m_pod_demand_populate: Dom1 out of PoD memory! (tot=8 ents=8 dom1)"), bench.console);
        bench.dirty(10, 1);
        assertEquals(2, bench.console.size());
    }

    @Test
    void aForeignMappingCrashesTheDomainTooAndFails() {
        Bench bench = base().dirty(0, 8);
        XenRefusal refusal = assertThrows(XenRefusal.class, () -> bench.domain.mapForeign(Actor.DOM0, 7, 8, 9));
        assertEquals(Errno.EINVAL, refusal.errno());
        assertEquals(
                List.of(
                        "p2m_pod_demand_populate: Dom1 out of PoD memory! (tot=8 ents=8 dom0)",
                        "p2m_pod_demand_populate: Dom1 out of PoD memory! (tot=8 ents=8 dom0)"),
                bench.console);
        assertFalse(bench.content.isMapped(0, 1 << 18), "nothing stays mapped");
    }

    @Test
    void aForeignMappingReferencesEachPageBeforeItPopulatesTheNext() {
        // 40 zero pages through a ring of 32: without their references the first would be reclaimed.
        Bench bench = Bench.small(128).target(50).mark(0, 100);
        long[] gfns = LongStream.range(0, 40).toArray();
        FrameMapping mapping = bench.domain.mapForeign(Actor.DOM0, gfns);
        assertEquals("E60 C10 P40", bench.state());
        bench.domain.unmap(mapping);
    }

    @Test
    void aDyingDomainPopulatesNothingAndIsNotCrashed() {
        Bench bench = base();
        FrameMapping mapping = bench.domain.mapForeign(Actor.DOM0, 0);
        bench.domain.destroy();
        bench.touch(1, 1);
        assertEquals(0, bench.crashes);
        bench.domain.unmap(mapping);
        assertTrue(bench.gone);
    }

    @Test
    void aNormalPageOverAnEntryLowersTheEntriesOnly() {
        Bench bench = base().dirty(0, 2);
        assertTrue(bench.domain.populate(5, 0));
        assertEquals("E13 C6 P3", bench.state());
        assertEquals(9, bench.total());
    }

    @Test
    void aNormalPageInAHoleLeavesTheEntriesAlone() {
        Bench bench = base().dirty(0, 2);
        assertTrue(bench.domain.populate(20, 0));
        assertEquals("E14 C6 P3", bench.state());
    }

    @Test
    void markingAnEntryAgainIsNeutralAndMarkingRamIsRefused() {
        Bench bench = base().dirty(0, 1);
        assertTrue(bench.domain.markPopulateOnDemand(5, 0));
        assertFalse(bench.domain.markPopulateOnDemand(0, 0));
        assertEquals("E15 C7 P1", bench.state());
    }

    @Test
    void markingNeverConsultsTheLimit() {
        Bench bench = Bench.small(4).mark(0, 1000);
        assertEquals("E1000 C0 P0", bench.state());
    }

    @Test
    void aFrameBeyondTheAddressSpaceIsRefused() {
        for (long gfn : new long[] {1L << 40, (1L << 40) - 1, Long.MAX_VALUE, -1}) {
            Bench bench = base().dirty(0, 2);
            String before = bench.state();
            assertFalse(bench.domain.populate(gfn, 9));
            assertFalse(bench.domain.markPopulateOnDemand(gfn, 9));
            assertFalse(bench.domain.decreaseReservation(gfn, 0));
            assertEquals(0, bench.domain.count(gfn, 1, GfnType.RAM));
            assertEquals(before, bench.state());
        }
        Bench bench = base().dirty(0, 2);
        assertThrows(XenRefusal.class, () -> bench.domain.move(0, 1L << 40, Bench.GUEST));
        assertEquals(base().dirty(0, 2).state(), bench.state());
    }

    @Test
    void aMovedEntryIsPopulatedFirstAndSoIsItsDestination() {
        Bench bench = base();
        bench.domain.move(0, 1, Bench.GUEST);
        assertEquals("E14 C6 P1", bench.state());
        assertEquals(GfnType.HOLE, bench.domain.type(0));
        assertEquals(GfnType.RAM, bench.domain.type(1));
    }

    @Test
    void aZeroPageIsNotReclaimedOnItsWayToAPlaceThatMustBePopulated() {
        Bench bench = Bench.small(64).target(1).mark(0, 2).touch(0, 1);
        bench.domain.move(0, 1, Bench.GUEST);
        assertEquals(1, bench.crashes, "the destination found no page, and the only one was on the move");
        assertEquals("E0 C0 P1", bench.state());
    }
}
