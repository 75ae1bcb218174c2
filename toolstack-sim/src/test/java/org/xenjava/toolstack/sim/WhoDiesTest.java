// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.GuestHandle;
import org.xenjava.toolstack.sim.guest.GuestIdentity;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The matrix measured on Xen 4.17.7: a guest stops its balloon k pages short, then fills all its RAM. It lives if
 * and only if k is at most the effective slack.
 */
class WhoDiesTest {
    private static final Duration ENOUGH = Duration.ofMinutes(5);
    private static final int CRASH = 3;

    private long shortBy;
    private final SimulatedXen machine = SimulatedXen.builder()
            .guests(identity -> SimulatedGuest.with(BalloonDriver.of(
                            identity.kind() == GuestIdentity.Kind.HVM ? BalloonFamily.WINDOWS : BalloonFamily.LINUX)
                    .stoppingShortBy(shortBy)))
            .build();
    private final Xenctrl xen = Xenctrl.open(machine.connect());

    private void assertFate(boolean lives, LibxlStyleBuild guest) {
        xen.domains().unpause(guest.domid);
        machine.advance(ENOUGH);
        long debt = xen.memory().podTarget(guest.domid).debt();
        machine.guest(guest.domid).orElseThrow().load();
        DomainInfo after = xen.domains().info(guest.domid).orElseThrow();
        assertEquals(lives, !after.shutdown());
        assertEquals(lives, debt <= 0, "debt " + debt);
        if (!lives) {
            assertEquals(CRASH, after.shutdownReason());
            String words = "out of PoD memory! (tot=" + after.totPages() + " ents=" + debt + " dom" + guest.domid + ")";
            assertTrue(xen.host().readConsole(65536).contains(words), words);
        }
    }

    /** Resizes the domain as {@code xl mem-set} does. */
    private void memSet(LibxlStyleBuild guest, long memoryMib) {
        long target = memoryMib * 1024 - guest.videoKib;
        xen.memory().setMaxMem(guest.domid, KiB.of(target + guest.videoKib + 1024));
        xen.memory().setPodTarget(guest.domid, Pages.of((target + 1024) / 4));
        guest.write("/memory/target", target);
    }

    @ParameterizedTest
    @CsvSource({"0, true", "1, false", "8, false", "64, false", "255, false", "256, false", "257, false", "400, false"})
    void pvhWithoutSlackDiesOfOneMissingPage(long k, boolean lives) {
        shortBy = k;
        assertFate(lives, LibxlStyleBuild.pvh(xen, 128, 256));
    }

    @ParameterizedTest
    @CsvSource({"0, true", "1, true", "64, true", "255, true", "256, true", "257, false", "400, false"})
    void pvhWithItsSlackInTheBalloonsTargetUsesAllOfIt(long k, boolean lives) {
        shortBy = k;
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 128, 256);
        guest.write("/memory/target", 128 * 1024 - 1024);
        assertFate(lives, guest);
    }

    @ParameterizedTest
    @CsvSource({"200, true", "239, true", "240, false", "256, false", "257, false"})
    void pvhAfterMemSetToItsOwnSizeLacksTheSpecialPages(long k, boolean lives) {
        shortBy = k;
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 128, 256);
        memSet(guest, 128);
        assertFate(lives, guest);
    }

    @ParameterizedTest
    @CsvSource({"0, true", "255, true", "256, true", "257, false"})
    void hvmAsLibxlBuildsItHasOneMebibyte(long k, boolean lives) {
        shortBy = k;
        assertFate(lives, LibxlStyleBuild.hvm(xen, 128, 256, 0));
    }

    @ParameterizedTest
    @CsvSource({"256, true", "272, true", "273, false"})
    void hvmAfterMemSetToItsOwnSizeGainsTheForgottenVgaHole(long k, boolean lives) {
        shortBy = k;
        LibxlStyleBuild guest = LibxlStyleBuild.hvm(xen, 128, 256, 0);
        memSet(guest, 128);
        assertFate(lives, guest);
    }

    @ParameterizedTest
    @CsvSource({"0, true", "1, false"})
    void hvmWithVideoRamLosesItsSlackByMemSetToItsOwnSize(long k, boolean lives) {
        shortBy = k;
        LibxlStyleBuild guest = LibxlStyleBuild.hvm(xen, 128, 256, 16);
        // QEMU's video RAM and option ROM.
        assertEquals(
                4112,
                xen.memory()
                        .populatePhysmap(
                                guest.domid,
                                LongStream.range(0xf0000, 0xf0000 + 4112).toArray(),
                                0,
                                0));
        memSet(guest, 128);
        assertFate(lives, guest);
    }

    @ParameterizedTest
    @CsvSource({"1", "8", "64", "200"})
    void zeroPagesOfTheGuestCoverExactlyAsManyMissingOnes(long zeroes) {
        shortBy = zeroes;
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 128, 256);
        xen.domains().unpause(guest.domid);
        machine.advance(ENOUGH);
        GuestHandle inside = machine.guest(guest.domid).orElseThrow();
        inside.loadExcept(zeroes);
        assertTrue(!xen.domains().info(guest.domid).orElseThrow().shutdown());
        inside.loadExcept(zeroes - 1);
        assertTrue(xen.domains().info(guest.domid).orElseThrow().shutdown());
    }

    @ParameterizedTest
    @CsvSource({"200, true", "200, false"})
    void coveringTheDebtSavesTheGuestWithoutItsHelp(long k, boolean covered) {
        shortBy = k;
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 128, 256);
        xen.domains().unpause(guest.domid);
        machine.advance(ENOUGH);
        if (covered) {
            xen.memory()
                    .setPodTarget(
                            guest.domid,
                            Pages.of(xen.memory().podTarget(guest.domid).totPages() + k));
            assertEquals(0, xen.memory().podTarget(guest.domid).debt());
        }
        machine.guest(guest.domid).orElseThrow().load();
        assertEquals(covered, !xen.domains().info(guest.domid).orElseThrow().shutdown());
    }
}
