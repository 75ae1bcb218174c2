// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class HvmMemoryPlanTest {
    private static final long GIB = 1L << 30;

    private static final HvmConfig DEFAULT_VGA = HvmConfig.DEFAULT;
    private static final HvmConfig NO_VGA = machine(Vga.NONE);
    private static final HvmConfig STDVGA = machine(Vga.STDVGA);

    private static HvmConfig machine(Vga vga) {
        return HvmConfig.builder().graphics(GraphicsConfig.of(vga)).build();
    }

    private static MemoryPlan plan(long memoryMib, long maxMemoryMib, HvmConfig machine, PodPolicy policy) {
        DomainConfig config = DomainConfig.builder("guest")
                .type(DomainType.HVM)
                .memoryMib(memoryMib)
                .maxMemoryMib(maxMemoryMib)
                .hvm(machine)
                .build();
        return MemoryPlan.hvm(config, machine, policy);
    }

    /** Recorded from xl on Xen 4.17: d1, d2, d3, e, h4, h7. */
    @ParameterizedTest(name = "{0}/{1} MiB with {2}: max_mem {3}, PoD target {4}, pool {5}, memory/target {6}")
    @CsvSource({
        "256, 512, NONE, 263168, 65504, 3145728, 261120",
        "256, 512, STDVGA, 263168, 61408, 3145728, 244736",
        "256, 512, CIRRUS, 263168, 63456, 3145728, 252928",
        "512, 512, NONE, 525312, , 3145728, 524288",
        "512, 4096, STDVGA, 525312, 126944, 17825792, 506880",
        "255, 257, STDVGA, 262144, 61152, 2101248, 243712",
    })
    void libxlsRuleGivesTheRecordedNumbers(
            long m, long x, Vga vga, long maxMem, Long target, long pool, long memoryTarget) {
        MemoryPlan plan = plan(m, x, machine(vga), PodPolicy.libxl());

        assertEquals(KiB.of(maxMem), plan.maxMem());
        assertEquals(Optional.ofNullable(target).map(Pages::of), plan.podTarget());
        assertEquals(pool, plan.pagingPoolBytes());
        assertEquals(KiB.of(memoryTarget), plan.bootTarget());
    }

    /** The same guests with the slack in what Xen is told: 1 MiB more in both, none in what the guest is told. */
    @ParameterizedTest(name = "{0}/{1} MiB with {2}: max_mem {3}, PoD target {4}, memory/target {5}")
    @CsvSource({
        "256, 512, NONE, 264192, 65760, 262144",
        "256, 512, STDVGA, 264192, 61664, 245760",
        "256, 512, CIRRUS, 264192, 63712, 253952",
        "512, 512, NONE, 525312, , 524288",
        "512, 4096, STDVGA, 526336, 127200, 507904",
        "255, 257, STDVGA, 263168, 61408, 244736",
    })
    void theStandardRuleAddsTheSlackToWhatXenIsTold(
            long m, long x, Vga vga, long maxMem, Long target, long memoryTarget) {
        MemoryPlan plan = plan(m, x, machine(vga), PodPolicy.standard());

        assertEquals(KiB.of(maxMem), plan.maxMem());
        assertEquals(Optional.ofNullable(target).map(Pages::of), plan.podTarget());
        assertEquals(KiB.of(memoryTarget), plan.bootTarget());
    }

    /** Recorded: 160 and 320 single pages, then 255 superpages. */
    @Test
    void theVgaHoleIsLeftOutAndTheFirstTwoMebibytesAreSinglePages() {
        MemoryPlan plan = plan(256, 512, NO_VGA, PodPolicy.standard());
        List<PopulateCall> calls = plan.populateCalls();

        assertEquals(List.of(new RamRange(0, 0xa_0000), new RamRange(0xc_0000, 512L << 20)), plan.ram());
        assertEquals(3, calls.size());
        assertEquals(new PopulateCall(0, 160, PopulateCall.ORDER_4K), calls.get(0));
        assertEquals(new PopulateCall(0xc0, 320, PopulateCall.ORDER_4K), calls.get(1));
        assertEquals(new PopulateCall(0x200, 255, PopulateCall.ORDER_2M), calls.get(2));
        assertEquals(Pages.of(131040), plan.layout().frames());
    }

    /** Recorded, h7: X − V is 241 MiB. */
    @Test
    void anOddSizeEndsInSinglePages() {
        List<PopulateCall> calls = plan(255, 257, STDVGA, PodPolicy.standard()).populateCalls();
        assertEquals(new PopulateCall(0x200, 119, PopulateCall.ORDER_2M), calls.get(calls.size() - 2));
        assertEquals(new PopulateCall(0xf000, 256, PopulateCall.ORDER_4K), calls.get(calls.size() - 1));
    }

    /** Recorded, h4: 1015 superpages, two extents of 1 GiB, 480 single pages. */
    @Test
    void theFirstGibibyteHasNoLargestExtentAndRamContinuesBehindTheHole() {
        MemoryPlan plan = plan(512, 4096, STDVGA, PodPolicy.standard());
        List<PopulateCall> calls = plan.populateCalls();

        assertEquals(new PopulateCall(0x200, 511, PopulateCall.ORDER_2M), calls.get(2));
        assertEquals(new PopulateCall(0x40000, 1, PopulateCall.ORDER_1G), calls.get(3));
        assertEquals(new PopulateCall(0x80000, 1, PopulateCall.ORDER_1G), calls.get(4));
        assertEquals(new PopulateCall(0xc0000, 384, PopulateCall.ORDER_2M), calls.get(5));
        assertEquals(new PopulateCall(0x100000, 120, PopulateCall.ORDER_2M), calls.get(6));
        assertEquals(7, calls.size());
        assertEquals(1015, extents(calls, PopulateCall.ORDER_2M));
        assertEquals(480, extents(calls, PopulateCall.ORDER_4K));
        assertEquals(0xf000_0000L, plan.layout().lowMemEnd());
        assertEquals(4 * GIB + 0xf00_0000, plan.layout().highMemEnd());
    }

    private static long extents(List<PopulateCall> calls, int order) {
        return calls.stream()
                .filter(call -> call.order() == order)
                .mapToLong(PopulateCall::extents)
                .sum();
    }

    @Test
    void theHoleForDevicesGrowsWhenAsked() {
        HvmConfig machine = HvmConfig.builder()
                .graphics(GraphicsConfig.of(Vga.NONE))
                .mmioHole(KiB.of(3L << 20))
                .build();
        MemoryPlan plan = plan(3072, 3072, machine, PodPolicy.standard());

        assertEquals(GIB, plan.layout().lowMemEnd());
        assertEquals(6 * GIB, plan.layout().highMemEnd());
        assertEquals(new RamRange(4 * GIB, 6 * GIB), plan.ram().get(2));
    }

    /**
     * QEMU populates the video RAM, 16 pages for a card's option ROM and 64 for a network card's, and hvmloader some
     * 12 for its tables, all within max_mem.
     */
    @ParameterizedTest
    @CsvSource({"256, 512, NONE", "256, 512, STDVGA", "512, 512, QXL", "512, 4096, CIRRUS", "255, 257, STDVGA"})
    void maxMemLeavesRoomForWhatTheDeviceModelPopulates(long m, long x, Vga vga) {
        for (PodPolicy policy : List.of(PodPolicy.standard(), PodPolicy.libxl())) {
            MemoryPlan plan = plan(m, x, machine(vga), policy);
            Pages videoRam = plan.shape().videoRam().toPages();
            Pages built = plan.podTarget().orElse(plan.shape().frames()).plus(Pages.of(8 + 8));

            assertEquals(built.plus(videoRam), plan.claim(), "the claim has the video RAM in it");
            assertEquals(Pages.of(272), plan.maxMem().toPages().minus(plan.claim()));
        }
    }

    @Test
    void forAnySizeTheCallsCoverTheRamExactlyOnceAndAligned() {
        Random random = new Random(42);
        for (int i = 0; i < 500; i++) {
            long memory = 20 + random.nextInt(9000);
            HvmConfig machine = HvmConfig.builder()
                    .graphics(GraphicsConfig.of(Vga.values()[random.nextInt(3)]))
                    .mmioHole(KiB.ofMiB(256 + random.nextInt(3000)))
                    .build();
            MemoryPlan plan = plan(memory, memory + random.nextInt(20_000), machine, PodPolicy.standard());
            long covered = 0;
            for (RamRange range : plan.ram()) {
                long gfn = range.start() >> Pages.SHIFT;
                for (PopulateCall call : range.populateCalls()) {
                    assertEquals(gfn, call.firstGfn());
                    assertEquals(0, call.firstGfn() % (1L << call.order()));
                    gfn = call.endGfn();
                    covered += call.pages().count();
                }
                assertEquals(range.end() >> Pages.SHIFT, gfn);
            }
            assertEquals(plan.shape().frames().count(), covered);
            assertEquals(plan.shape().frames(), plan.layout().frames());
        }
    }

    @Test
    void theInitialDebtIsWhatTheBalloonHasToGiveBackLessTheSlack() {
        MemoryPlan plan = plan(256, 512, DEFAULT_VGA, PodPolicy.standard());
        assertEquals(Pages.of(65536 - 256), plan.initialDebt());
        assertEquals(Pages.of(256), plan.slack());
    }

    @Test
    void maxmemLessVideoRamHasToBeWholeMebibytes() {
        ConfigException e =
                assertThrows(ConfigException.class, () -> GuestShape.hvm(KiB.ofMiB(256), KiB.ofMiB(512), KiB.of(8000)));
        assertTrue(e.getMessage().contains("524288 KiB − 8000 KiB = 516288 KiB"), e.getMessage());
    }
}
