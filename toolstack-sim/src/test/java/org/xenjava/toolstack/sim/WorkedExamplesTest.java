// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * An HVM guest of 512 of 1024 MiB with 8 MiB of video RAM, from its first populate to its end: the numbers that
 * XSA-153 is about.
 */
class WorkedExamplesTest {
    private static final long UNPATCHED_TARGET_KIB = 516_096;
    private static final long PATCHED_TARGET_KIB = 515_072;

    /** The pages of video RAM, and those that QEMU and hvmloader add. */
    private static final int EXTRA_PAGES = 2048 + 96;

    private BalloonFamily family = BalloonFamily.NONE;
    private final SimulatedXen machine = SimulatedXen.builder()
            .guests(identity -> SimulatedGuest.with(BalloonDriver.of(family)))
            .build();
    private final Xenctrl xen = Xenctrl.open(machine.connect());

    private LibxlStyleBuild build(long targetKib) {
        LibxlStyleBuild guest = LibxlStyleBuild.hvm(xen, 512, 1024, 8);
        long[] extras = LongStream.range(0xf1000, 0xf1000 + EXTRA_PAGES).toArray();
        assertEquals(EXTRA_PAGES, xen.memory().populatePhysmap(guest.domid, extras, 0, 0));
        guest.write("/memory/target", targetKib);
        return guest;
    }

    private PodCounters settle(LibxlStyleBuild guest) {
        xen.domains().unpause(guest.domid);
        machine.advance(Duration.ofHours(1));
        return xen.memory().podTarget(guest.domid);
    }

    @Test
    void underTheUnpatchedRuleAnOldLinuxEndsShortOfHiddenPagesAndCrashes() {
        family = BalloonFamily.LINUX_3_13_TO_4_12;
        LibxlStyleBuild guest = build(UNPATCHED_TARGET_KIB);
        PodCounters settled = settle(guest);
        assertEquals(131152, settled.totPages());
        assertEquals(98, settled.debt());
        machine.guest(guest.domid).orElseThrow().load();
        assertTrue(machine.console()
                .contains("p2m_pod_demand_populate: Dom" + guest.domid + " out of PoD memory! (tot=131152 ents=98 dom"
                        + guest.domid + ")"));
    }

    @ParameterizedTest
    @CsvSource({"WINDOWS, 130896", "LINUX_3_13_TO_4_12, 130994", "LINUX, 128848", "LINUX_UP_TO_3_12, 130896"})
    void patchedEveryDriverGetsThereAndTheExcessGoesBackToXen(BalloonFamily driver, long total) {
        family = driver;
        LibxlStyleBuild guest = build(PATCHED_TARGET_KIB);
        PodCounters settled = settle(guest);
        assertEquals(total, settled.totPages());
        assertEquals(0, settled.debt());
        machine.guest(guest.domid).orElseThrow().load();
        assertEquals(false, xen.domains().info(guest.domid).orElseThrow().shutdown());
    }

    @Test
    void libxlsMemSetWhileTheGuestBootsLeavesItShortOfTheVideoRam() {
        family = BalloonFamily.WINDOWS;
        LibxlStyleBuild guest = build(PATCHED_TARGET_KIB);
        long raised = 600 * 1024 - guest.videoKib;
        xen.memory().setMaxMem(guest.domid, KiB.of(raised + guest.videoKib + 1024));
        assertEquals(
                151808,
                xen.memory()
                        .setPodTarget(guest.domid, Pages.of((raised + 1024) / 4))
                        .totPages());
        guest.write("/memory/target", raised);
        assertEquals(1872, settle(guest).debt());
    }
}
