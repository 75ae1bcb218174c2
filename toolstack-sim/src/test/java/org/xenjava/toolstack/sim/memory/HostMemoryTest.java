// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.lib.Errno;

class HostMemoryTest {
    private static final class Silent implements MemoryEvents {
        @Override
        public void print(String line) {}

        @Override
        public void crash(Actor actor, String sourceLine) {}

        @Override
        public void emptied() {}
    }

    private final HostMemory host = new HostMemory(2000, 1);
    private final PhysicalMemory content = new PhysicalMemory();

    private DomainMemory domain(int domid) {
        DomainMemory domain =
                new DomainMemory(domid, host, content, new Silent(), new MemoryRules(9, () -> false, "p2m-pod.c:1"));
        domain.setMaxPages(10_000);
        return domain;
    }

    private static Errno refusal(Runnable call) {
        return assertThrows(XenRefusal.class, call::run).errno();
    }

    @Test
    void successiveAllocationsAreContiguousAndAligned() {
        assertEquals(OptionalLong.of(0), host.allocate(9, 0));
        assertEquals(OptionalLong.of(512), host.allocate(9, 0));
        assertEquals(OptionalLong.of(1536), host.allocate(0, 0));
        assertEquals(OptionalLong.of(1540), host.allocate(2, 0));
    }

    @Test
    void brokenBlocksJoinAgainWhenTheirPagesComeBack() {
        HostMemory blocks = new HostMemory(1024, 1);
        for (int i = 0; i < 1024; i++) {
            assertTrue(blocks.allocate(0, 0).isPresent());
        }
        assertTrue(blocks.allocate(0, 0).isEmpty());
        new Random(1).longs(0, 1024).distinct().limit(1024).forEach(mfn -> blocks.release(mfn, 1));
        assertEquals(OptionalLong.of(0), blocks.allocate(9, 0));
        assertEquals(OptionalLong.of(512), blocks.allocate(9, 0));
    }

    @Test
    void aGigabytePageNeedsAWholeAlignedGigabyte() {
        HostMemory big = new HostMemory(3L << 18, 1);
        big.allocate(0, 0);
        assertEquals(OptionalLong.of(1L << 18), big.allocate(18, 0));
        assertEquals(OptionalLong.of(2L << 18), big.allocate(18, 0));
        assertTrue(big.allocate(18, 0).isEmpty());
        assertEquals(OptionalLong.of(512), big.allocate(9, 0));
    }

    @Test
    void aClaimSetsPagesAsideThatOthersCannotHave() {
        DomainMemory claimer = domain(1);
        DomainMemory other = domain(2);
        claimer.claimPages(1990);
        assertEquals(2000, host.freePages());
        assertEquals(1990, host.claimedPages());
        assertFalse(other.populate(0, 9));
        assertTrue(other.populate(0, 3));
        assertTrue(other.populate(8, 1));
        assertFalse(other.populate(10, 0));
        assertTrue(claimer.populate(0, 9));
    }

    @Test
    void allocatingTurnsAClaimIntoPagesAndFreeingTurnsThemBack() {
        DomainMemory claimer = domain(1);
        claimer.claimPages(1000);
        claimer.setPodTarget(600);
        assertEquals(400, claimer.claimedPages());
        claimer.populate(5000, 0);
        assertEquals(399, claimer.claimedPages());
        claimer.decreaseReservation(5000, 0);
        assertEquals(400, claimer.claimedPages());
        claimer.claimPages(0);
        assertEquals(0, host.claimedPages());
    }

    @Test
    void aClaimCountsWhatTheDomainOwnsAlready() {
        DomainMemory claimer = domain(1);
        claimer.setPodTarget(600);
        assertEquals(Errno.EINVAL, refusal(() -> claimer.claimPages(600)));
        claimer.claimPages(601);
        assertEquals(1, claimer.claimedPages());
    }

    @Test
    void aSecondClaimAClaimBeyondTheLimitAndAnUnbackedOneAreRefused() {
        DomainMemory claimer = domain(1);
        assertEquals(Errno.ENOMEM, refusal(() -> claimer.claimPages(2001)));
        assertEquals(Errno.EINVAL, refusal(() -> claimer.claimPages(10_001)));
        claimer.claimPages(100);
        assertEquals(Errno.EINVAL, refusal(() -> claimer.claimPages(200)));
        assertEquals(Errno.ENOMEM, refusal(() -> domain(2).claimPages(1901)));
    }

    @Test
    void aDestroyedDomainGivesItsClaimBack() {
        DomainMemory claimer = domain(1);
        claimer.claimPages(1000);
        claimer.destroy();
        assertEquals(0, host.claimedPages());
    }

    @Test
    void pagesForXenComeFromUnclaimedMemory() {
        domain(1).claimPages(1990);
        assertEquals(List.of(), host.takeLoose(11));
        assertEquals(
                10,
                host.takeLoose(10).stream().mapToLong(HostMemory.Frames::count).sum());
    }
}
