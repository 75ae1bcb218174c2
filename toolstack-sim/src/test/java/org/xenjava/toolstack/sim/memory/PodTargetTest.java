// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Setting the populate-on-demand target: each branch of Xen's state machine. */
class PodTargetTest {
    private static Bench base() {
        return Bench.small(64).target(8).mark(0, 16);
    }

    @Test
    void anEmptyDomainGetsExactlyItsTargetAsCache() {
        assertEquals("E0 C8 P0", Bench.small(64).target(8).state());
    }

    @Test
    void aTargetAboveTheLimitIsInvalidAndChangesNothing() {
        Bench bench = base();
        assertEquals(Errno.EINVAL, bench.refusedTarget(65));
        assertEquals(Errno.EINVAL, bench.refusedTarget(-1));
        assertEquals("E16 C8 P0", bench.state());
    }

    @Test
    void aTargetBelowTheOwnedPagesIsIgnored() {
        assertEquals("E16 C8 P0", base().target(4).state());
    }

    @Test
    void beforeAnythingIsPopulatedTheCacheMayExceedTheEntries() {
        assertEquals("E16 C20 P0", base().target(20).state());
    }

    @Test
    void theTargetCountsPagesThatAreAlreadyPopulated() {
        Bench bench = base().dirty(0, 4);
        assertEquals("E12 C4 P4", bench.state());
        assertEquals("E12 C8 P4", bench.target(12).state());
    }

    @Test
    void onceSomethingIsPopulatedTheCacheStopsAtTheEntries() {
        assertEquals("E12 C12 P4", base().dirty(0, 4).target(64).state());
    }

    @Test
    void oneNormalPageBeforeTheFirstTargetMakesItASilentNoOp() {
        Bench bench = Bench.small(64);
        bench.domain.populate(0, 0);
        assertEquals("E0 C0 P1", bench.target(8).state());
        bench.mark(1, 8).touch(1, 1);
        assertEquals(1, bench.crashes);
    }

    @Test
    void aPopulatedPageCountsTowardsTheTarget() {
        Bench bench = Bench.small(64);
        bench.domain.populate(100, 0);
        assertEquals("E8 C7 P1", bench.mark(0, 8).target(8).state());
    }

    @Test
    void aTargetThatTheHostCannotBackKeepsThePagesTaken() {
        Bench bench = Bench.onHostOf(5);
        assertEquals(Errno.ENOMEM, bench.refusedTarget(8));
        assertEquals("E0 C5 P0", bench.state());
        assertEquals(0, bench.host.freePages());
        assertEquals(
                List.of("p2m_pod_set_cache_target: Unable to allocate page for PoD cache (target=8 cache=5)"),
                bench.console);
        bench.target(5);
        assertEquals("E0 C5 P0", bench.state());
    }

    @Test
    void superpagesAreTakenFirstAndSinglesForTheRest() {
        Bench bench = Bench.large().target(1300).markBlocks(0, 3);
        bench.dirty(0, 1).dirty(512, 1);
        assertEquals("E512 C276 P1024", bench.state());
    }

    @Test
    void withDevicesARaiseIsRefusedAndANoOpIsNot() {
        Bench bench = Bench.small(1280).target(512);
        bench.domain.devicesAssigned();
        assertEquals(Errno.ENOTEMPTY, bench.refusedTarget(1024));
        bench.target(100);
        assertEquals("E0 C512 P0", bench.state());
        assertFalse(bench.domain.markPopulateOnDemand(0, 0));
        bench.domain.devicesWithdrawn();
        assertTrue(bench.domain.markPopulateOnDemand(0, 0));
    }

    @Test
    void aSurplusIsTrimmedToTheEntriesOnceSomethingIsPopulated() {
        // 20 pages of cache for 16 entries, then one is populated: the same target now means 15.
        assertEquals("E15 C15 P1", base().target(20).dirty(0, 1).target(20).state());
    }

    @Test
    void aDyingDomainIgnoresEveryTarget() {
        Bench bench = base();
        bench.domain.destroy();
        bench.target(20);
        assertEquals(0, bench.total());
    }
}
