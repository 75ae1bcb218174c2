// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * HVM guests of 256 MiB that may have 512, 16 of it video RAM: what they own beside their RAM must not be taken for RAM
 * when their size changes before they have ballooned.
 */
class HvmResizeTest {
    private static final Duration BOOT = Duration.ofMinutes(5);

    /** Video RAM, its ROM, special and I/O request pages. */
    private static final long EXTRAS = 4096 + HvmBuildTest.ROM_PAGES + 16;

    private static HvmTestHost host(BalloonFamily family, PodPolicy policy) {
        SimulatedGuest guest = SimulatedGuest.with(BalloonDriver.of(family));
        return new HvmTestHost(SimulatedXen.builder().guests(identity -> guest), policy);
    }

    private static int build(HvmTestHost host) {
        return host.build(HvmTestHost.guest("web", 256, 512, Vga.STDVGA).build());
    }

    private static PodCounters boot(HvmTestHost host, int domid) {
        host.xenctrl.domains().unpause(domid);
        host.xen.advance(BOOT);
        return host.xenctrl.memory().podTarget(domid);
    }

    /** All that balloon at boot and come within 256 pages of their target. */
    @ParameterizedTest
    @EnumSource(
            names = {"LINUX_UP_TO_3_12", "LINUX_3_13_TO_4_12", "LINUX_4_14_TO_5_5", "LINUX", "WINDOWS", "WINDOWS_EARLY"
            })
    void aRaiseBeforeTheGuestHasBalloonedLeavesNoDebt(BalloonFamily family) {
        try (HvmTestHost host = host(family, PodPolicy.standard())) {
            int domid = build(host);

            host.setMemory(domid, KiB.ofMiB(300));

            PodCounters raised = host.xenctrl.memory().podTarget(domid);
            assertEquals((300 - 16) * 256 - 32 + 256 + EXTRAS, raised.totPages());
            assertEquals(KiB.ofMiB(300 - 16), host.memory(domid).target());
            PodCounters settled = boot(host, domid);
            assertEquals(settled.entries(), settled.cachePages(), settled.toString());
            loadAndLive(host, domid);
        }
    }

    /** What libxl gets wrong to this day: its target leaves the video RAM out, and tot_pages has it in. */
    @Test
    void libxlsRuleLeavesADebtInTheSameSituation() {
        try (HvmTestHost host = host(BalloonFamily.WINDOWS, PodPolicy.libxl())) {
            int domid = build(host);

            host.setMemory(domid, KiB.ofMiB(300));

            assertEquals(EXTRAS - 256 - 32, boot(host, domid).debt());
            host.xen.guest(domid).orElseThrow().load();
            assertTrue(host.xenctrl.domains().info(domid).orElseThrow().shutdown(), "it was lucky");
        }
    }

    @ParameterizedTest
    @CsvSource({"260", "272", "400", "511", "512"})
    void aRaiseOfAnySizeGrowsTheCacheByIt(long mib) {
        try (HvmTestHost host = host(BalloonFamily.WINDOWS, PodPolicy.standard())) {
            int domid = build(host);
            PodCounters built = host.xenctrl.memory().podTarget(domid);

            host.setMemory(domid, KiB.ofMiB(mib));

            PodCounters raised = host.xenctrl.memory().podTarget(domid);
            long growth = Math.min((mib - 256) * 256, built.debt());
            assertEquals(built.cachePages() + growth, raised.cachePages());
            assertTrue(boot(host, domid).debt() <= 0);
            loadAndLive(host, domid);
        }
    }

    @Test
    void aRaiseAndALoweringBeforeTheGuestHasBalloonedCancelOut() {
        try (HvmTestHost host = host(BalloonFamily.WINDOWS, PodPolicy.standard())) {
            int domid = build(host);
            for (long mib : new long[] {256, 300, 256, 300, 200, 256}) {
                host.setMemory(domid, KiB.ofMiB(mib));
            }
            assertEquals(KiB.ofMiB(256 - 16), host.memory(domid).target());
            PodCounters settled = boot(host, domid);
            assertEquals(settled.entries(), settled.cachePages(), settled.toString());
            assertEquals((256 - 16) * 256 - 32 + EXTRAS, settled.totPages());
            loadAndLive(host, domid);
        }
    }

    @Test
    void aSettledGuestFollowsWithoutThePodTarget() {
        try (HvmTestHost host = host(BalloonFamily.WINDOWS, PodPolicy.standard())) {
            int domid = build(host);
            boot(host, domid);

            host.setMemory(domid, KiB.ofMiB(320));
            host.xen.advance(BOOT);

            PodCounters grown = host.xenctrl.memory().podTarget(domid);
            assertEquals((320 - 16) * 256 - 32 + EXTRAS, grown.totPages());
            assertEquals(grown.entries(), grown.cachePages());
            loadAndLive(host, domid);
        }
    }

    /** No rule can help these; they need the guard. */
    @ParameterizedTest
    @EnumSource(
            mode = Mode.INCLUDE,
            names = {"NONE", "NETBSD"})
    void driversThatDoNotBalloonAreLeftWithTheirDebt(BalloonFamily family) {
        try (HvmTestHost host = host(family, PodPolicy.standard())) {
            int domid = build(host);
            host.setMemory(domid, KiB.ofMiB(300));
            assertTrue(boot(host, domid).debt() > 0);
        }
    }

    @Test
    void theSmallestSizeIsBesideTheVideoRam() {
        try (HvmTestHost host = host(BalloonFamily.WINDOWS, PodPolicy.standard())) {
            int domid = build(host);
            assertThrows(ConfigException.class, () -> host.setMemory(domid, KiB.ofMiB(16)));
            host.setMemory(domid, KiB.ofMiB(17));
            assertEquals(KiB.ofMiB(1), host.memory(domid).target());
        }
    }

    private static void loadAndLive(HvmTestHost host, int domid) {
        host.xen.guest(domid).orElseThrow().load();
        assertFalse(host.xenctrl.domains().info(domid).orElseThrow().shutdown(), host.xen.console());
    }
}
