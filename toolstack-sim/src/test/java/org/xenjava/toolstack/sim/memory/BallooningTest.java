// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The destination of pages that a guest gives back. */
class BallooningTest {
    private static Bench base() {
        return Bench.small(64).target(8).mark(0, 16);
    }

    @Test
    void whileThereIsDebtAFreedPageOfRamGoesIntoTheCache() {
        Bench bench = base().dirty(0, 8);
        assertEquals("E8 C0 P8", bench.state());
        assertEquals(8, bench.free(0, 8));
        assertEquals("E8 C8 P0", bench.state());
        assertEquals(8, bench.total());
    }

    @Test
    void whileThereIsDebtAFreedEntryMovesNoPage() {
        Bench bench = base();
        assertEquals(1, bench.free(0, 1));
        assertEquals("E15 C8 P0", bench.state());
    }

    @Test
    void withoutDebtAFreedEntryRemovesAPageFromTheCache() {
        Bench bench = base().dirty(0, 8);
        bench.free(0, 8);
        bench.free(8, 1);
        assertEquals("E7 C7 P0", bench.state());
        assertEquals(7, bench.total());
    }

    @Test
    void withoutDebtAFreedPageOfRamGoesToTheHeap() {
        Bench bench = base().dirty(0, 4);
        bench.free(8, 8);
        assertEquals("E4 C4 P4", bench.state());
        long free = bench.host.freePages();
        bench.free(4, 1);
        assertEquals("E3 C3 P4", bench.state());
        bench.free(0, 1);
        assertEquals("E3 C3 P3", bench.state());
        assertEquals(free + 2, bench.host.freePages());
        assertEquals(0, bench.free(0, 1));
    }

    /** Found by random steps on real Xen 4.17: an extent whose entries go first still loses a page of its RAM. */
    @Test
    void anExtentWhoseEntriesEndTheDebtStillLosesTheFirstOfItsPages() {
        Bench bench = Bench.small(64).mark(4, 1);
        assertTrue(bench.domain.populate(8, 2));
        assertEquals("E1 C0 P4", bench.state());
        assertFalse(bench.domain.decreaseReservation(0, 4));
        assertEquals("E0 C0 P3", bench.state());
    }

    @Test
    void aSurplusIsTrimmedByTheNextFreedEntry() {
        Bench bench = base().target(20);
        bench.free(0, 1);
        assertEquals("E15 C15 P0", bench.state());
    }

    @Test
    void aSurplusStaysWhenAnAccessPopulatesTheLastEntry() {
        Bench bench = Bench.small(64).target(8).mark(0, 4).dirty(0, 4);
        assertEquals("E0 C4 P4", bench.state());
        bench.free(0, 1);
        assertEquals("E0 C4 P3", bench.state());
    }

    @Test
    void aFreedPageOfAZeroSuperpageTakesTheWholeBlockBack() {
        Bench bench = Bench.large().target(1024).markBlocks(0, 4).touch(512, 1);
        assertEquals("E1536 C512 P512", bench.state());
        assertEquals(1, bench.free(513, 1));
        assertEquals("E2047 C1024 P0", bench.state());
        assertEquals(511, bench.domain.count(512, 512, GfnType.POPULATE_ON_DEMAND));
        // The rest of the block is populated page by page from now on.
        bench.touch(514, 1);
        assertEquals("E2046 C1023 P1", bench.state());
    }

    @Test
    void aFreedPageOfADirtySuperpageComesAlone() {
        Bench bench = Bench.large().target(1024).markBlocks(0, 4).dirty(512, 1);
        bench.free(512, 1);
        assertEquals("E1536 C513 P511", bench.state());
    }

    @Test
    void aMixedExtentOf2MibIsTakenInOneStep() {
        Bench bench = Bench.large().target(600).markBlocks(0, 2).dirty(0, 1);
        // One block of RAM, one of PoD entries of which ten are gone.
        assertEquals("E512 C88 P512", bench.state());
        bench.free(512, 10);
        assertEquals("E502 C88 P512", bench.state());
        assertTrue(bench.domain.decreaseReservation(0, 9));
        // The whole superpage was kept, and then the excess over the entries given to the heap.
        assertEquals("E502 C502 P0", bench.state());
        assertFalse(bench.domain.decreaseReservation(512, 9));
        assertEquals("E0 C0 P0", bench.state());
    }

    @Test
    void aPageThatIsMappedElsewhereStaysTheDomainsUntilItIsUnmapped() {
        Bench bench = base().dirty(0, 4);
        bench.free(8, 8);
        FrameMapping mapping = bench.domain.mapForeign(Actor.DOM0, 0);
        assertEquals(1, bench.free(0, 1));
        assertEquals(8, bench.total());
        bench.domain.unmap(mapping);
        assertEquals(7, bench.total());
    }

    @Test
    void aMisalignedExtentIsCutAtItsAlignment() {
        Bench bench = Bench.large().target(512).markBlocks(0, 2);
        assertTrue(bench.domain.decreaseReservation(256, 9));
        assertEquals(512, bench.entries());
        assertEquals(0, bench.domain.count(256, 512, GfnType.POPULATE_ON_DEMAND));
    }
}
