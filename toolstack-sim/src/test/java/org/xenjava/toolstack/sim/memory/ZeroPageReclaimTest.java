// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The search of Xen for zero pages before it crashes a guest, and the cases in which it finds none. */
class ZeroPageReclaimTest {
    private static Bench base() {
        return Bench.small(64).target(8).mark(0, 16);
    }

    @Test
    void aReclaimedZeroPagePreventsTheCrash() {
        Bench bench = base().dirty(0, 3).touch(3, 1).dirty(4, 4);
        assertEquals("E8 C0 P8", bench.state());
        bench.dirty(8, 1);
        assertEquals(0, bench.crashes);
        assertEquals("E8 C0 P8", bench.state());
        assertEquals(GfnType.POPULATE_ON_DEMAND, bench.domain.type(3));
        bench.dirty(9, 1);
        assertEquals(1, bench.crashes);
    }

    @ParameterizedTest
    @CsvSource({"5, false, true", "5, true, false", "1974, true, true", "1960, true, false"})
    void aSweepThatIsWantedElsewhereGivesUpBelowItsWindow(long zeroed, boolean preempted, boolean lives) {
        Bench bench =
                Bench.small(4000).target(3000).mark(0, 3001).dirty(0, 3000).zero(zeroed);
        bench.preemptionPending = preempted;
        bench.dirty(3000, 1);
        assertEquals(lives ? 0 : 1, bench.crashes);
        assertEquals(3000, bench.total());
        assertEquals(1, bench.debt());
    }

    @Test
    void anInterruptedSweepResumesWhereItStopped() {
        Bench bench =
                Bench.small(4000).target(3000).mark(0, 3001).dirty(0, 3000).zero(1960);
        bench.preemptionPending = true;
        bench.dirty(3000, 1);
        assertEquals(1, bench.crashes);
        // It stopped at gfn 1974; the next sweep begins below and finds the page.
        assertEquals(GfnType.RAM, bench.domain.type(1960));
        bench.touch(3000, 1);
        assertEquals(GfnType.POPULATE_ON_DEMAND, bench.domain.type(1960));
        assertEquals(1, bench.crashes);
    }

    @Test
    void frameZeroIsNeverSwept() {
        Bench bench = Bench.small(200).target(99).mark(0, 100).dirty(0, 99).zero(0);
        // Push gfn 0 out of the ring of recent populates, which would find it.
        bench.dirty(99, 1);
        assertEquals(1, bench.crashes);
    }

    @Test
    void theRingFindsAPageThatWasPopulated32PopulatesAgo() {
        Bench bench = Bench.small(200).target(50).mark(0, 100).touch(0, 1).dirty(1, 31);
        assertEquals("E68 C18 P32", bench.state());
        bench.dirty(32, 1);
        assertEquals("E68 C18 P32", bench.state());
        assertEquals(GfnType.POPULATE_ON_DEMAND, bench.domain.type(0));
    }

    @Test
    void withoutDebtNothingIsReclaimed() {
        Bench bench = Bench.small(200).target(100).mark(0, 100).touch(0, 1).dirty(1, 32);
        assertEquals(GfnType.RAM, bench.domain.type(0));
    }

    @Test
    void aMappedPageIsNotReclaimed() {
        Bench bench = base().dirty(0, 3).touch(3, 1).dirty(4, 4);
        FrameMapping mapping = bench.domain.mapForeign(Actor.DOM0, 3);
        bench.dirty(8, 1);
        assertEquals(1, bench.crashes);
        bench.domain.unmap(mapping);
    }

    @Test
    void aZeroSuperpageIsReclaimedWhole() {
        Bench bench = Bench.large().target(512).markBlocks(0, 2).touch(0, 1);
        assertEquals("E512 C0 P512", bench.state());
        bench.touch(512, 1);
        assertEquals("E512 C0 P512", bench.state());
        assertEquals(512, bench.domain.count(0, 512, GfnType.POPULATE_ON_DEMAND));
    }

    @Test
    void aHalfDirtySuperpageIsShatteredForItsZeroPages() {
        Bench bench = Bench.large().target(512).markBlocks(0, 2).dirty(0, 256);
        bench.touch(512, 1);
        assertEquals("E767 C255 P257", bench.state());
        assertEquals(256, bench.domain.count(0, 512, GfnType.POPULATE_ON_DEMAND));
        assertEquals(256, bench.domain.count(0, 256, GfnType.RAM));
    }

    @Test
    void aBlockPopulatedFromScatteredPagesIsNotASuperpage() {
        // Two blocks' singles are interleaved, so neither is contiguous on the host.
        Bench bench = Bench.small(4096).target(1024).mark(0, 1026);
        for (long i = 0; i < 512; i++) {
            bench.dirty(i, 1).dirty(512 + i, 1);
        }
        for (long i = 0; i < 512; i++) {
            bench.zero(i);
        }
        assertEquals(1, bench.free(5, 1));
        assertEquals("E2 C1 P1023", bench.state());
    }

    @Test
    void reclaimingNeverChangesTheDebt() {
        Bench bench = Bench.large().target(2048).markBlocks(0, 8);
        long debt = bench.debt();
        for (long gfn = 0; gfn < 4096; gfn += 64) {
            bench.touch(gfn, 1);
            assertEquals(debt, bench.debt());
        }
        assertTrue(bench.crashes == 0);
    }
}
