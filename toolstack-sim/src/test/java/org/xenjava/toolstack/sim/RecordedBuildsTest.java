// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The recorded answers of real Xen 4.17.7 to the same builds. */
class RecordedBuildsTest {
    private final SimulatedXen machine = SimulatedXen.create();
    private final Xenctrl xen = Xenctrl.open(machine.connect());

    private void assertCounters(LibxlStyleBuild guest, long total, long cache, long entries) {
        assertEquals(new PodCounters(total, cache, entries), xen.memory().podTarget(guest.domid));
    }

    @Test
    void aPvhGuestOf256Of512MibHasTheRecordedCounters() {
        assertCounters(LibxlStyleBuild.pvh(xen, 256, 512), 65553, 49664, 115200);
    }

    @Test
    void aPvhGuestOf1000Of1537MibHasTheRecordedCounters() {
        assertCounters(LibxlStyleBuild.pvh(xen, 1000, 1537), 256017, 240128, 377600);
    }

    @Test
    void aPvhGuestOf512Of4096MibHasTheRecordedCounters() {
        assertCounters(LibxlStyleBuild.pvh(xen, 512, 4096), 131089, 115200, 1032704);
    }

    @Test
    void aPvhGuestWithoutPodHasTheRecordedSizeAndNoCounters() {
        assertCounters(LibxlStyleBuild.pvh(xen, 256, 256), 65553, 0, 0);
    }

    @Test
    void anHvmGuestOf256Of512MibHasThePagesThatItsLoaderPopulates() {
        // QEMU, which touched 31 more pages in the recording, is not part of this build.
        assertCounters(LibxlStyleBuild.hvm(xen, 256, 512, 0), 65520, 65354 + 31, 130890 + 31);
    }

    @Test
    void aGuestRunsHasAConsoleAndLeavesNothingBehind() {
        long freeBefore = xen.host().physInfo().freePages();
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 256, 512);
        assertEquals("/dev/pts/0", guest.read("/console/tty"));
        DomainInfo built = xen.domains().info(guest.domid).orElseThrow();
        assertTrue(built.paused());
        assertEquals(65792, built.maxPages());
        assertEquals(1, built.onlineVcpus());
        // 768 pages for page tables, 30 for Xen's own structures, one grant frame.
        assertEquals(freeBefore - 65553 - 768 - 31, xen.host().physInfo().freePages());

        xen.domains().unpause(guest.domid);
        assertFalse(xen.domains().info(guest.domid).orElseThrow().paused());
        xen.domains().destroy(guest.domid);
        assertTrue(xen.domains().info(guest.domid).isEmpty());
        assertEquals(freeBefore, xen.host().physInfo().freePages());
    }

    @Test
    void anHvmGuestOf512Of1024MibHasTheComputedLayout() {
        LibxlStyleBuild guest = LibxlStyleBuild.hvm(xen, 512, 1024, 8);
        assertEquals(128992, guest.podTarget());
        // 119 pages were touched by the loader, as in the smaller recording.
        assertCounters(guest, 128992 + 16, 128992 - 119, 260064 - 119);
    }

    @Test
    void withPagesOf1GibTheCountersAreTheSame() {
        Xenctrl big =
                Xenctrl.open(SimulatedXen.builder().gigabytePages().build().connect());
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(big, 1000, 1537);
        assertEquals(new PodCounters(256017, 240128, 377600), big.memory().podTarget(guest.domid));
    }

    @Test
    void aGuestOfOneTebibyteHasTheExpectedCounters() {
        SimulatedXen large =
                SimulatedXen.builder().hostPages(1L << 28).gigabytePages().build();
        Xenctrl there = Xenctrl.open(large.connect());
        long freeAtBoot = there.host().physInfo().freePages();
        long half = 512L << 10;
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(there, half, 2 * half);
        long target = half << 8;
        assertEquals(
                new PodCounters(target + 17, target - 31 * 512, 2 * target - 31 * 512),
                there.memory().podTarget(guest.domid));
        there.domains().destroy(guest.domid);
        assertEquals(freeAtBoot, there.host().physInfo().freePages());
    }
}
