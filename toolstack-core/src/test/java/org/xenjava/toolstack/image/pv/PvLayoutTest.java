// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.pv.AddressSpace.RamdiskAddress;

class PvLayoutTest {
    private static final int PAGE_BYTES = 4096;
    private static final long LINUX = 0xffff_ffff_8000_0000L;
    private static final long LIST = 0x80_0000_0000L;

    private static AddressSpace linux() {
        return new AddressSpace(LINUX, OptionalLong.of(LIST), RamdiskAddress.FRAME);
    }

    private static AddressSpace old(long base) {
        return new AddressSpace(base, OptionalLong.empty(), RamdiskAddress.VIRTUAL);
    }

    private static PvLayout layout(AddressSpace addresses, long kernelEnd, long ramdiskBytes, long pages) {
        return PvLayout.of("kernel", addresses, kernelEnd, ramdiskBytes, pages);
    }

    @Test
    void ramdiskFramesAndTablesFollowAnOldKernel() {
        PvLayout layout = layout(old(LINUX), 0x1100, 0x2001, 0x8000);
        assertEquals(new PfnRange(0x1100, 3), layout.ramdisk());
        assertEquals(new PfnRange(0x1103, 64), layout.p2mList());
        assertEquals(0x1143, layout.startInfo());
        assertEquals(0x1144, layout.store());
        assertEquals(0x1145, layout.console());
        assertEquals(1, layout.tables().ranges().size());
        assertEquals(0x1146, layout.tables().root());
        assertEquals(0x1400, layout.end());
    }

    /** Tables for mappings at the beginning and at the end of a range that a higher table covers. */
    @ParameterizedTest
    @CsvSource({
        "0, 0x1fffff, 4",
        "0, 0x200000, 5",
        "0x3fffffff, 0x40000000, 6",
        "0x7fffffffff, 0x8000000000, 7",
        "-0x80000000, -0x7b400001, 41"
    })
    void tablesAreCountedOnEachLevel(String first, String last, long tables) {
        assertEquals(tables, PvPageTables.count(Long.decode(first), Long.decode(last)));
    }

    /** Each page of the mapping is translated, the tables read-only, and nothing else is. */
    @ParameterizedTest
    @CsvSource({"-0x80000000", "0", "0x40000000", "0x7f80000000", "-0x780000000000"})
    void theTablesTranslateTheMappingAndNothingElse(String base) {
        AddressSpace addresses = old(Long.decode(base));
        PvLayout layout = layout(addresses, 0x400, 0, 0x1000);
        MachineFrames frames = new MachineFrames();
        for (int pfn = 0; pfn < 0x1000; pfn++) {
            frames.append(0x10_0000 + pfn * 3L, 1);
        }
        Map<Long, ByteBuffer> tables = new HashMap<>();
        for (PfnRange range : layout.tables().ranges()) {
            for (long i = 0; i < range.count(); i++) {
                ByteBuffer page = ByteBuffer.allocate(PAGE_BYTES);
                layout.tables().fill(range, i, frames, page);
                tables.put(frames.of(range.first() + i), page.order(ByteOrder.LITTLE_ENDIAN));
            }
        }
        long root = frames.of(layout.tables().root());
        for (long pfn = 0; pfn < layout.end(); pfn++) {
            long entry = translate(tables, root, addresses.of(pfn));
            assertEquals(frames.of(pfn), entry >>> 12, Long.toHexString(pfn));
            boolean isTable = tables.containsKey(frames.of(pfn));
            assertEquals(isTable ? 0x21 : 0x23, entry & 0xfff, Long.toHexString(pfn));
        }
        assertEquals(0, translate(tables, root, addresses.of(layout.end())));
        assertEquals(0, translate(tables, root, addresses.of(-1)));
    }

    private static long translate(Map<Long, ByteBuffer> tables, long root, long address) {
        long entry = root << 12;
        for (int level = 4; level >= 1; level--) {
            ByteBuffer table = tables.get(entry >>> 12);
            int index = (int) (address >>> 12 + 9 * (level - 1)) & 511;
            entry = table.getLong(index * Long.BYTES);
            if (entry == 0) {
                return 0;
            }
        }
        return entry;
    }

    @Test
    void aGuestThatIsTooSmallLearnsHowMuchItNeeds() {
        PvLayout least = layout(linux(), 0x4a00, 0x214 * PAGE_BYTES, 0x8000);
        assertEquals(0x4e57, least.end());
        assertEquals(
                0x4e57 - 0x40 + 0x28,
                layout(linux(), 0x4a00, 0x214 * PAGE_BYTES, 0x4f00).end());
        for (long pages : new long[] {0x4000, 0x4a00, 0x4b00, 0x4e00}) {
            String message = assertThrows(
                            KernelImageException.class, () -> layout(linux(), 0x4a00, 0x214 * PAGE_BYTES, pages))
                    .getMessage();
            assertTrue(message.contains("MiB, but the guest boots with memory=" + pages / 256 + " MiB"), message);
        }
    }

    @Test
    void addressesThatXenKeepsAreRefused() {
        for (long base : List.of(
                0xffff_8000_0000_0000L,
                0xffff_87ff_ffc0_0000L,
                0x7fff_ffff_f000L,
                0x8000_0000_0000L,
                0xffff_ffff_ffff_f000L,
                Long.MIN_VALUE)) {
            assertThrows(
                    KernelImageException.class,
                    () -> layout(old(base), 0x400, 0, 0x1000),
                    () -> Long.toHexString(base));
        }
        AddressSpace overlapping = new AddressSpace(0x4000_0000, OptionalLong.of(0x3fff_f000), RamdiskAddress.FRAME);
        assertThrows(KernelImageException.class, () -> layout(overlapping, 0x400, 0, 0x1000));
    }

    @Test
    void hugeFilesAreRefusedWithoutAnOverflow() {
        assertThrows(KernelImageException.class, () -> layout(linux(), 1L << 20, Long.MAX_VALUE / 2, 0x8000));
    }

    @Test
    void theListOfALargeGuestHasATableForEachGibibyte() {
        long pages = 5L << 18;
        PvLayout layout = layout(linux(), 0x4a00, 0, pages);
        assertEquals(5L << 9, layout.p2mList().count());
        // A table of level 3, one of level 2, and five of level 1.
        assertEquals(
                new PfnRange(layout.p2mList().end(), 7),
                layout.tables().ranges().get(1));
        MachineFrames frames = new MachineFrames();
        frames.append(1L << 32, pages);
        ByteBuffer lastTable = ByteBuffer.allocate(PAGE_BYTES);
        layout.tables().fill(layout.tables().ranges().get(1), 6, frames, lastTable);
        lastTable.order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(frames.of(layout.p2mList().end() - 1) << 12 | 0x23, lastTable.getLong(511 * Long.BYTES));
        ByteBuffer lastPage = ByteBuffer.allocate(PAGE_BYTES);
        frames.fillList(layout.p2mList().count() - 1, lastPage);
        assertEquals(
                (1L << 32) + pages - 1, lastPage.order(ByteOrder.LITTLE_ENDIAN).getLong(511 * Long.BYTES));
    }

    @Test
    void machineFramesOfNeighboursAreOneRun() {
        MachineFrames frames = new MachineFrames();
        for (int extent = 0; extent < 100; extent++) {
            frames.append(extent % 2 == 0 ? 1000 + extent * 512 : 500_000 + extent * 512, 512);
        }
        assertEquals(51_200, frames.pages());
        assertEquals(1000 + 98 * 512 + 7, frames.of(98 * 512 + 7));
        assertEquals(500_000 + 99 * 512 + 511, frames.of(51_199));
        assertThrows(IndexOutOfBoundsException.class, () -> frames.of(51_200));
    }
}
