// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.PagingConfig.Mode;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class MemoryPlanTest {
    private static final Pages ACPI = Pages.of(1);
    private static final long GIB = 1L << 30;

    private static MemoryPlan plan(long memoryMib, long maxMemoryMib) {
        return plan(memoryMib, maxMemoryMib, 1);
    }

    private static MemoryPlan plan(long memoryMib, long maxMemoryMib, int vcpus) {
        DomainConfig config = DomainConfig.builder("guest")
                .kernel(Path.of("/kernel"))
                .memoryMib(memoryMib)
                .maxMemoryMib(maxMemoryMib)
                .vcpus(vcpus)
                .build();
        return MemoryPlan.pvh(config, PodPolicy.standard(), ACPI);
    }

    @Test
    void thePagingPoolIsWhatTheGuestNeedsOrMoreIfTheConfigurationAsksForIt() {
        assertEquals(3L << 20, poolBytes(Mode.HARDWARE_ASSISTED, Optional.empty()));
        assertEquals(5L << 20, poolBytes(Mode.SHADOW, Optional.empty()));
        assertEquals(8L << 20, poolBytes(Mode.SHADOW, Optional.of(KiB.ofMiB(8))));
        assertEquals(3L << 20, poolBytes(Mode.HARDWARE_ASSISTED, Optional.of(KiB.ofMiB(1))));
    }

    private static long poolBytes(Mode mode, Optional<KiB> pool) {
        DomainConfig config = DomainConfig.builder("guest")
                .kernel(Path.of("/kernel"))
                .memoryMib(512)
                .paging(new PagingConfig(mode, pool))
                .build();
        return MemoryPlan.pvh(config, PodPolicy.standard(), ACPI).pagingPoolBytes();
    }

    @Test
    void aHalfGigabyteGuestIsPopulatedInOneCall() {
        MemoryPlan plan = plan(256, 512);
        assertEquals(List.of(new RamRange(0, 512L << 20)), plan.ram());
        assertEquals(List.of(new PopulateCall(0, 256, PopulateCall.ORDER_2M)), plan.populateCalls());
        assertEquals(Pages.of(65280), plan.initialDebt());
        assertEquals(Pages.of(256), plan.slack());
        assertEquals(Pages.of(65792 + 8 + 1), plan.claim());
        assertEquals(3_145_728, plan.pagingPoolBytes());
        assertEquals(4L * GIB, plan.layout().highMemEnd());
    }

    /** Recorded from xl: 1537 MiB are one 1 GiB extent, 256 of 2 MiB, then the last MiB in single pages. */
    @Test
    void anOddSizeEndsInSinglePages() {
        List<PopulateCall> calls = plan(1000, 1537).populateCalls();
        assertEquals(new PopulateCall(0, 1, PopulateCall.ORDER_1G), calls.get(0));
        assertEquals(new PopulateCall(0x60000, 256, PopulateCall.ORDER_4K), calls.get(calls.size() - 1));
        assertEquals(new PopulateCall(0x40000, 256, PopulateCall.ORDER_2M), calls.get(1));
        assertEquals(3, calls.size());
        assertEquals(7_344_128, plan(1000, 1537).pagingPoolBytes());
    }

    @Test
    void ramContinuesBehindTheMmioHole() {
        MemoryPlan plan = plan(512, 4096);
        assertEquals(List.of(new RamRange(0, 0xFC00_0000L), new RamRange(4 * GIB, 4 * GIB + 0x400_0000L)), plan.ram());
        assertEquals(
                3,
                plan.populateCalls().stream()
                        .filter(c -> c.order() == PopulateCall.ORDER_1G)
                        .count());
        assertEquals(17_825_792, plan.pagingPoolBytes());
    }

    @Test
    void ramThatJustFitsBelowTheHoleStaysThere() {
        assertEquals(1, plan(512, 4032).ram().size());
        assertEquals(2, plan(512, 4033).ram().size());
    }

    @Test
    void theClaimOfAGuestWithoutPodIsAllThatItGets() {
        assertEquals(Pages.of(65536 + 9), plan(256, 256).claim());
        assertEquals(Pages.ZERO, plan(256, 256).initialDebt());
        assertEquals(Pages.ZERO, plan(256, 256).slack());
    }

    @Test
    void thePagingPoolGrowsWithVcpus() {
        assertEquals(6_291_456, plan(256, 512, 4).pagingPoolBytes());
    }

    @Test
    void forAnySizeTheCallsCoverTheRamExactlyOnceAndAligned() {
        Random random = new Random(42);
        for (int i = 0; i < 500; i++) {
            long memory = 1 + random.nextInt(9000);
            MemoryPlan plan = plan(memory, memory + random.nextInt(20_000));
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
            assertTrue(plan.claim().count() <= plan.maxMem().toPages().count());
        }
    }

    @Test
    void aTerabyteNeedsFewCalls() {
        assertTrue(plan(1024, 1 << 20).populateCalls().size() < 1200);
    }

    @Test
    void theRemainderOfAnUnfinishedCallUsesSmallerExtents() {
        assertEquals(
                List.of(new PopulateCall(0x40000, 512, PopulateCall.ORDER_2M)),
                new PopulateCall(0x40000, 1, PopulateCall.ORDER_1G).remainder(0));
        assertEquals(
                List.of(new PopulateCall(0x600, 1024, PopulateCall.ORDER_4K)),
                new PopulateCall(0x200, 4, PopulateCall.ORDER_2M).remainder(2));
        assertEquals(
                List.of(
                        new PopulateCall(0x600, 2048, PopulateCall.ORDER_4K),
                        new PopulateCall(0xe00, 506, PopulateCall.ORDER_2M)),
                new PopulateCall(0x200, 512, PopulateCall.ORDER_2M).remainder(2));
        assertThrows(IllegalStateException.class, () -> new PopulateCall(0, 8, PopulateCall.ORDER_4K).remainder(3));
    }

    @Test
    void aPvGuestStartsWithItsMemoryInExtentsOfTwoMebibytes() {
        DomainConfig config = DomainConfig.builder("old")
                .type(DomainType.PV)
                .kernel(Path.of("/k"))
                .memoryMib(1100)
                .maxMemoryMib(2048)
                .build();
        MemoryPlan plan = MemoryPlan.pv(config, PodPolicy.standard());
        assertEquals(Optional.empty(), plan.podTarget());
        assertEquals(KiB.ofMiB(1101), plan.maxMem());
        assertEquals(KiB.ofMiB(1100), plan.bootTarget());
        assertEquals(Pages.of(1100 * 256), plan.claim());
        assertEquals(0, plan.pagingPoolBytes());
        assertEquals(List.of(new PopulateCall(0, 512, 9), new PopulateCall(1 << 18, 38, 9)), plan.populateCalls());
    }
}
