// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.image.pv.MachineFrames;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.units.KiB;

class PvImagePlanTest {
    private static final int PAGE_BYTES = 4096;
    private static final byte JUNK = (byte) 0xc2;
    private static final long START = TestKernels.START;

    private static PvImagePlan plan(byte[] kernel, int ramdiskBytes) {
        byte[] ramdisk = new byte[ramdiskBytes];
        Arrays.fill(ramdisk, (byte) 5);
        return PvImagePlan.of(
                PvKernel.parse(ImageContent.of("kernel", kernel)),
                Optional.of(DataImage.of(ImageContent.of("ramdisk", ramdisk))),
                "console=hvc0",
                KiB.ofMiB(64),
                KiB.ofMiB(96));
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    @Test
    void theLastPageOfTheRamdiskEndsInZeros() {
        PvImagePlan plan = plan(TestKernels.pv(), PAGE_BYTES + 10);
        ByteArrayMemory memory = new ByteArrayMemory(JUNK);
        plan.loadInto(memory);
        long end = (plan.layout().ramdisk().first() << 12) + PAGE_BYTES + 10;
        assertArrayEquals(filled(10, 5), memory.read(end - 10, 10));
        assertArrayEquals(new byte[PAGE_BYTES - 10], memory.read(end, PAGE_BYTES - 10));
    }

    @Test
    void theGapsOfTheKernelAreCleared() {
        byte[] kernel = TestKernels.pvNotes(ElfBuilder.elf64())
                .load(START, filled(0x1100, 1), 0x1100)
                .load(START + 0x5010, filled(0x10, 2), 0x10)
                .build();
        ByteArrayMemory memory = new ByteArrayMemory(JUNK);
        plan(kernel, 1).loadInto(memory);
        assertArrayEquals(filled(0x1100, 1), memory.read(START, 0x1100));
        assertArrayEquals(new byte[0x3f10], memory.read(START + 0x1100, 0x3f10));
        assertArrayEquals(filled(0x10, 2), memory.read(START + 0x5010, 0x10));
        assertArrayEquals(new byte[0xfe0], memory.read(START + 0x5020, 0xfe0));
        assertEquals(START >> 12, memory.touchedFrames().first());
    }

    @Test
    void theMemoryMapReachesUpToMaxmem() {
        assertEquals(
                List.of(new MemoryMapEntry(0, 96L << 20, MemoryMapEntry.Type.RAM)),
                plan(TestKernels.pv(), 1).memoryMap());
    }

    @Test
    void theTablesAreWrittenWhereTheItemsAre() {
        PvImagePlan plan = plan(TestKernels.pv(), 1);
        MachineFrames frames = new MachineFrames();
        frames.append(1 << 20, 64 * 256);
        ByteArrayMemory memory = new ByteArrayMemory(JUNK);
        plan.loadTablesInto(memory, frames);
        long pages = plan.items().stream()
                .filter(item -> item.what().equals("page tables") || item.what().equals("list of machine frames"))
                .mapToLong(ImagePlan.Item::bytes)
                .sum();
        assertEquals(pages / PAGE_BYTES, memory.touchedFrames().size());
    }
}
