// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

class PodPolicyTest {
    private static final PodPolicy STANDARD = PodPolicy.standard();

    private static GuestShape pvhMiB(long memory, long maxMemory) {
        return GuestShape.pvh(KiB.ofMiB(memory), KiB.ofMiB(maxMemory));
    }

    private static GuestShape hvmMiB(long memory, long maxMemory, long videoRam) {
        return new GuestShape(KiB.ofMiB(memory), KiB.ofMiB(maxMemory), KiB.ofMiB(videoRam), Pages.of(32));
    }

    @ParameterizedTest(name = "PVH {0}/{1} MiB: target {2}, max_mem {3} KiB, memory/target {4} KiB")
    @CsvSource({
        "256, 512, 65792, 264192, 262144",
        "1000, 1537, 256256, 1026048, 1024000",
        "512, 4096, 131328, 526336, 524288",
        "512, 6144, 131328, 526336, 524288",
        "256, 257, 65792, 264192, 262144",
    })
    void thePvhTargetIsMemoryPlusTheSlack(long m, long x, long target, long maxMem, long memoryTarget) {
        GuestShape shape = pvhMiB(m, x);
        assertEquals(Optional.of(Pages.of(target)), STANDARD.buildTarget(shape));
        assertEquals(KiB.of(maxMem), STANDARD.maxMem(shape));
        assertEquals(KiB.of(memoryTarget), STANDARD.bootTarget(shape));
        assertEquals(KiB.of(memoryTarget), STANDARD.resizeTarget(shape));
    }

    @ParameterizedTest(name = "HVM {0}/{1} MiB with {2} MiB of video RAM: target {3}, memory/target {4} KiB")
    @CsvSource({"256, 512, 0, 65760, 262144", "256, 512, 16, 61664, 245760", "512, 1024, 8, 129248, 516096"})
    void theHvmTargetLeavesOutVideoRamAndVgaHole(long m, long x, long v, long target, long memoryTarget) {
        GuestShape shape = hvmMiB(m, x, v);
        assertEquals(Optional.of(Pages.of(target)), STANDARD.buildTarget(shape));
        assertEquals(KiB.of(memoryTarget), STANDARD.bootTarget(shape));
    }

    @Test
    void aGuestWithAllItsMemoryHasNoPodTargetAndNoSlack() {
        GuestShape shape = pvhMiB(256, 256);
        assertEquals(Optional.empty(), STANDARD.buildTarget(shape));
        assertEquals(KiB.of(263168), STANDARD.maxMem(shape));
    }

    @Test
    void theTargetNeverExceedsTheEntries() {
        PodPolicy generous = PodPolicy.standard(Pages.of(10_000));
        assertEquals(Optional.of(pvhMiB(256, 260).frames()), generous.buildTarget(pvhMiB(256, 260)));
    }

    /** Recorded from xl on Xen 4.17: create, then mem-set 300 and back. */
    @ParameterizedTest(name = "libxl, V {0} MiB, hole {1}: pod target {2}, memory/target {3}, mem-set 300: {4}, {5}")
    @CsvSource({
        "0, 0, 65536, 262144, 77056, 307200",
        "0, 32, 65504, 261120, 77056, 307200",
        "16, 32, 61408, 244736, 72960, 290816",
        "8, 32, 63456, 252928, 75008, 299008",
    })
    void libxlsRuleGivesTheRecordedNumbers(
            long v, long hole, long target, long memoryTarget, long resized, long resizedTarget) {
        PodPolicy libxl = PodPolicy.libxl();
        GuestShape shape = new GuestShape(KiB.ofMiB(256), KiB.ofMiB(512), KiB.ofMiB(v), Pages.of(hole));
        assertEquals(KiB.of(263168), libxl.maxMem(shape));
        assertEquals(Optional.of(Pages.of(target)), libxl.buildTarget(shape));
        assertEquals(KiB.of(memoryTarget), libxl.bootTarget(shape));
        GuestShape larger = new GuestShape(KiB.ofMiB(300), shape.maxMemory(), shape.videoRam(), shape.vgaHole());
        assertEquals(KiB.of(308224), libxl.maxMem(larger));
        assertEquals(
                Optional.of(Pages.of(resized)),
                libxl.resizePodTarget(larger, KiB.ofMiB(256), new PodCounters(65553, 49664, 115200)));
        assertEquals(KiB.of(resizedTarget), libxl.resizeTarget(larger));
    }

    @Test
    void aRaiseBeforeTheGuestHasBallooneedAddsExactlyTheDifferenceToWhatItOwns() {
        PodCounters booting = new PodCounters(65801, 49920, 115200);
        assertEquals(
                Optional.of(Pages.of(65801 + 44 * 256)),
                STANDARD.resizePodTarget(pvhMiB(300, 512), KiB.ofMiB(256), booting));
    }

    @Test
    void aRaiseRequestsNoMoreThanTheEntries() {
        PodCounters booting = new PodCounters(65801, 49920, 115200);
        assertEquals(
                Optional.of(Pages.of(65801 + 65280)),
                STANDARD.resizePodTarget(pvhMiB(512, 512), KiB.ofMiB(256), booting));
    }

    @ParameterizedTest(name = "backed {0} MiB, wanted {1} MiB, entries − cache {2}")
    @CsvSource({"256, 300, 0", "256, 200, 65280", "300, 300, 65280", "300, 280, 65280"})
    void xenIsNotAskedWhenTheGuestHasSettledOrTheCacheIsLargeEnough(long backed, long wanted, long debt) {
        PodCounters now = new PodCounters(65801, 40000, 40000 + debt);
        assertEquals(Optional.empty(), STANDARD.resizePodTarget(pvhMiB(wanted, 512), KiB.ofMiB(backed), now));
    }

    /**
     * The arithmetic of pod-semantics: a driver frees (X − V − target)/4 pages less its shortfall d; what is left of
     * entries − cache is then d − s.
     */
    @Test
    void aGuestThatIsShortByAtMostTheSlackEndsWithoutDebt() {
        Random random = new Random(153);
        for (int i = 0; i < 20_000; i++) {
            long v = random.nextInt(5) * 8L;
            long m = v + 2 + random.nextInt(20_000);
            long x = m + 1 + random.nextInt(200_000);
            Pages slack = Pages.of(random.nextInt(2000));
            GuestShape shape = random.nextBoolean() ? pvhMiB(m, x) : hvmMiB(m, x, v);
            PodPolicy policy = PodPolicy.standard(slack);
            long target = policy.buildTarget(shape).orElseThrow().count();
            long initialDebt = shape.frames().count() - target;
            long freed = (shape.maxMemory().value()
                            - shape.videoRam().value()
                            - policy.bootTarget(shape).value())
                    / 4;
            long effectiveSlack = freed - initialDebt;
            long expected =
                    Math.min(slack.count(), shape.frames().minus(shape.ram()).count());
            assertEquals(expected, effectiveSlack, () -> shape + " slack " + slack);
            assertTrue(
                    policy.maxMem(shape).toPages().count() >= target + 17, () -> shape + " leaves room for specials");
        }
    }

    @Test
    void buildAndResizeAgreeOnTheNumbers() {
        for (GuestShape shape : new GuestShape[] {pvhMiB(256, 512), hvmMiB(512, 1024, 8), pvhMiB(256, 256)}) {
            assertEquals(STANDARD.bootTarget(shape), STANDARD.resizeTarget(shape));
            KiB rebuilt = STANDARD.resizeTarget(shape).plus(shape.videoRam());
            assertEquals(shape.memory(), rebuilt);
        }
    }

    @Test
    void aSlackAboveTheLimitIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> PodPolicy.standard(Pages.of((1L << 28) + 1)));
    }

    @Test
    void maxmemBelowMemoryIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> pvhMiB(512, 256));
    }
}
