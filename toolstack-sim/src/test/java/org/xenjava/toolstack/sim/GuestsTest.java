// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.Firmware;
import org.xenjava.toolstack.sim.guest.GuestHandle;
import org.xenjava.toolstack.sim.guest.GuestIdentity;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The behaviour of guests in virtual time, in small domains: 128 of 256 MiB. */
class GuestsTest {
    private static final Duration ENOUGH = Duration.ofMinutes(2);
    private static final long NEEDED = 32_768;

    private SimulatedGuest guest = SimulatedGuest.with(BalloonDriver.of(BalloonFamily.LINUX));
    private final List<GuestIdentity> started = new ArrayList<>();
    private final SimulatedXen machine = SimulatedXen.builder()
            .guests(identity -> {
                started.add(identity);
                return guest;
            })
            .build();
    private final Xenctrl xen = Xenctrl.open(machine.connect());

    private LibxlStyleBuild pvh() {
        return LibxlStyleBuild.pvh(xen, 128, 256);
    }

    private GuestHandle run(LibxlStyleBuild built) {
        xen.domains().unpause(built.domid);
        machine.advance(ENOUGH);
        return machine.guest(built.domid).orElseThrow();
    }

    private void drive(BalloonDriver driver) {
        guest = SimulatedGuest.with(driver);
    }

    private DomainInfo info(LibxlStyleBuild built) {
        return xen.domains().info(built.domid).orElseThrow();
    }

    // ---- good drivers -------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(BalloonFamily.class)
    void eachFamilyEndsWithTheDebtThatItsArithmeticLeaves(BalloonFamily family) {
        drive(BalloonDriver.of(family));
        LibxlStyleBuild built = pvh();
        GuestHandle inside = run(built);
        long debt = xen.memory().podTarget(built.domid).debt();
        long expected =
                switch (family) {
                    case NONE, LINUX_4_13 -> NEEDED;
                    case LINUX_3_13_TO_4_12 -> 97;
                    case NETBSD -> NEEDED - 17;
                    default -> 0;
                };
        assertEquals(expected, debt);
        assertEquals(NEEDED - expected, inside.balloonedPages());
        assertTrue(inside.saysBalloonIsDone());
    }

    @Test
    void aCurrentLinuxSettlesOnTheRecordedTotal() {
        guest = SimulatedGuest.linux();
        LibxlStyleBuild built = LibxlStyleBuild.pvh(xen, 256, 512);
        run(built);
        PodCounters settled = xen.memory().podTarget(built.domid);
        // One page less than built: the shared info page took its place.
        assertEquals(65552, settled.totPages());
        assertEquals(settled.entries(), settled.cachePages());
        // What Linux itself has touched differs; its balloon gives the same pages back and takes them again.
        memSet(built, 200);
        assertEquals(51216, xen.memory().podTarget(built.domid).totPages());
        memSet(built, 300);
        assertEquals(76816, xen.memory().podTarget(built.domid).totPages());
        memSet(built, 512);
        assertEquals(131088, xen.memory().podTarget(built.domid).totPages());
        memSet(built, 256);
        assertEquals(65552, xen.memory().podTarget(built.domid).totPages());
        assertEquals(0, xen.memory().podTarget(built.domid).debt());
    }

    private void memSet(LibxlStyleBuild built, long memoryMib) {
        xen.memory().setMaxMem(built.domid, KiB.of(memoryMib * 1024 + 1024));
        xen.memory().setPodTarget(built.domid, Pages.of((memoryMib * 1024 + 1024) / 4));
        built.write("/memory/target", memoryMib * 1024);
        machine.advance(ENOUGH);
    }

    @Test
    void anHvmGuestLosesWhatFirmwareHidesFromAnOldLinux() {
        drive(BalloonDriver.of(BalloonFamily.LINUX_3_13_TO_4_12));
        guest = guest.firmware(new Firmware(40, 3));
        LibxlStyleBuild built = LibxlStyleBuild.hvm(xen, 128, 256, 0);
        run(built);
        assertEquals(0, xen.memory().podTarget(built.domid).debt(), "libxl's slack of 256 pages covers it");
        LibxlStyleBuild unpatched = LibxlStyleBuild.hvm(xen, 128, 256, 0);
        unpatched.write("/memory/target", 128 * 1024);
        run(unpatched);
        // The driver's 98, the tables' 40 and the relocated 3.
        assertEquals(98 + 40 + 3, xen.memory().podTarget(unpatched.domid).debt());
    }

    @Test
    void windowsDriversLeaveAGuestWithoutStaticMaxWithItsDebt() {
        drive(BalloonDriver.of(BalloonFamily.WINDOWS));
        LibxlStyleBuild built = pvh();
        xen.libraries().store().rm(0, built.home() + "/memory/static-max");
        run(built);
        assertEquals(NEEDED, xen.memory().podTarget(built.domid).debt());
    }

    @Test
    void aRaisedTargetTakesPagesBackUpToTheLimit() {
        LibxlStyleBuild built = pvh();
        GuestHandle inside = run(built);
        built.write("/memory/target", 200 * 1024);
        machine.advance(ENOUGH);
        assertEquals(NEEDED - (info(built).maxPages() - 32768 - 17), inside.balloonedPages());
        assertEquals(info(built).maxPages(), info(built).totPages());
        assertFalse(inside.saysBalloonIsDone());
        xen.memory().setMaxMem(built.domid, KiB.of(201 * 1024));
        machine.advance(ENOUGH);
        assertEquals((256 - 200) * 256, inside.balloonedPages());
    }

    // ---- bad drivers --------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"1", "200", "5000"})
    void aDriverThatStopsShortLeavesExactlyThatDebt(long pages) {
        drive(BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(pages));
        LibxlStyleBuild built = pvh();
        assertTrue(run(built).saysBalloonIsDone());
        assertEquals(pages, xen.memory().podTarget(built.domid).debt());
        built.write("/memory/target", 128 * 1024 - 1024);
        machine.advance(ENOUGH);
        assertEquals(
                Math.max(0, pages - 256), xen.memory().podTarget(built.domid).debt());
    }

    @Test
    void aSlowDriverIsHalfDoneAfterHalfTheTime() {
        drive(BalloonDriver.of(BalloonFamily.LINUX).atPace(16, Duration.ofMillis(100)));
        LibxlStyleBuild built = pvh();
        xen.domains().unpause(built.domid);
        machine.advance(Duration.ofSeconds(10));
        assertEquals(NEEDED - 101 * 16, xen.memory().podTarget(built.domid).debt());
        machine.advance(Duration.ofMinutes(10));
        assertEquals(0, xen.memory().podTarget(built.domid).debt());
    }

    @Test
    void aStuckDriverIgnoresEveryTarget() {
        drive(BalloonDriver.of(BalloonFamily.LINUX).stuckAt(10_000));
        LibxlStyleBuild built = pvh();
        run(built);
        built.write("/memory/target", 64 * 1024);
        machine.advance(ENOUGH);
        assertEquals(NEEDED - 10_000, xen.memory().podTarget(built.domid).debt());
    }

    @Test
    void aStickyDriverNeverFollowsALaterTarget() {
        drive(BalloonDriver.of(BalloonFamily.LINUX).sticky().stoppingShortBy(100));
        LibxlStyleBuild built = pvh();
        run(built);
        built.write("/memory/target", 100 * 1024);
        machine.advance(ENOUGH);
        assertEquals(100, xen.memory().podTarget(built.domid).debt());
    }

    @Test
    void aLyingDriverReportsItsTargetAndHasFreedNothing() {
        drive(BalloonDriver.of(BalloonFamily.LINUX).lying());
        LibxlStyleBuild built = pvh();
        GuestHandle inside = run(built);
        assertTrue(inside.saysBalloonIsDone());
        assertEquals(0, inside.balloonedPages());
        assertEquals(NEEDED, xen.memory().podTarget(built.domid).debt());
        inside.load();
        assertEquals(3, info(built).shutdownReason());
    }

    // ---- time and life ------------------------------------------------------------------------------------

    @Test
    void aGuestActsOnlyWhileTimePasses() {
        LibxlStyleBuild built = pvh();
        xen.domains().unpause(built.domid);
        assertEquals(NEEDED, xen.memory().podTarget(built.domid).debt());
        assertEquals(List.of(), started);
        machine.advance(Duration.ZERO);
        assertEquals(List.of(new GuestIdentity(built.domid, "guest" + built.domid, GuestIdentity.Kind.PVH)), started);
        assertEquals(Instant.EPOCH, machine.clock().instant());
        machine.advance(ENOUGH);
        assertEquals(Instant.EPOCH.plus(ENOUGH), machine.clock().instant());
        assertThrows(IllegalArgumentException.class, () -> machine.advance(Duration.ofNanos(-1)));
    }

    @Test
    void aPausedGuestStopsAndContinuesAfterwards() {
        drive(BalloonDriver.of(BalloonFamily.LINUX).atPace(16, Duration.ofMillis(100)));
        LibxlStyleBuild built = pvh();
        xen.domains().unpause(built.domid);
        machine.advance(Duration.ofSeconds(1));
        xen.domains().pause(built.domid);
        machine.advance(Duration.ofMinutes(10));
        long debt = xen.memory().podTarget(built.domid).debt();
        assertEquals(NEEDED - 11 * 16, debt);
        GuestHandle inside = machine.guest(built.domid).orElseThrow();
        assertThrows(IllegalStateException.class, inside::load);
        xen.domains().unpause(built.domid);
        machine.advance(Duration.ofMillis(100));
        assertTrue(xen.memory().podTarget(built.domid).debt() < debt);
    }

    @ParameterizedTest
    @CsvSource({"poweroff, 0", "halt, 0", "reboot, 1", "suspend, 2"})
    void aCooperativeGuestStopsAsItIsAsked(String request, int reason) {
        LibxlStyleBuild built = pvh();
        built.write("/control/shutdown", "");
        xen.libraries()
                .store()
                .setPermissions(0, built.home() + "/control/shutdown", List.of(new XenStorePermission(built.domid, 0)));
        run(built);
        built.write("/control/shutdown", request);
        machine.advance(Duration.ofSeconds(2));
        assertTrue(info(built).shutdown());
        assertEquals(reason, info(built).shutdownReason());
        assertEquals("", built.read("/control/shutdown"), "it acknowledges by clearing the request");
    }

    @Test
    void aGuestWithoutTheHabitIgnoresShutdownRequests() {
        guest = guest.ignoringShutdownRequests();
        LibxlStyleBuild built = pvh();
        run(built);
        built.write("/control/shutdown", "poweroff");
        machine.advance(ENOUGH);
        assertFalse(info(built).shutdown());
    }

    @Test
    void aGuestCanShutDownAndEndsWithItsDomain() {
        LibxlStyleBuild built = pvh();
        run(built).shutDown(1);
        assertEquals(1, info(built).shutdownReason());
        xen.domains().destroy(built.domid);
        assertTrue(machine.guest(built.domid).isEmpty());
        machine.advance(ENOUGH);
    }

    @Test
    void freedAndZeroedMemoryDelaysTheCrash() {
        drive(BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(100));
        LibxlStyleBuild built = pvh();
        GuestHandle inside = run(built);
        inside.loadExcept(200);
        inside.clear(200);
        assertFalse(info(built).shutdown());
        inside.loadExcept(100);
        assertFalse(info(built).shutdown());
        inside.load();
        assertTrue(info(built).shutdown());
    }

    @Test
    void anAccessByTheToolstackCrashesAGuestWithDebtAndXenNamesDom0() {
        drive(BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(8));
        LibxlStyleBuild built = pvh();
        run(built).loadExcept(8);
        long[] all = LongStream.range(0, 256 * 256).toArray();
        for (long gfn : all) {
            try (var page = built.map(gfn, 1)) {
                page.bytes().get(0);
            } catch (XenLibException failed) {
                continue;
            }
        }
        assertEquals(3, info(built).shutdownReason());
        assertTrue(machine.console().contains("ents=8 dom0)"), machine.console());
        assertTrue(machine.console().contains("Domain " + built.domid + " reported crashed by domain 0 on cpu#0:"));
    }
}
