// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The bytes were written by hand from Xen 4.17's public headers. */
class MemoryCallsTest extends HypercallBytes {
    @Test
    void setPodTargetIsEncodedAndItsCountersAreRead() {
        assertEquals(hex("0000010000000000", zeros(24), "0500 000000000000"), bytesOf(12, 16, 40, () -> xenctrl.memory()
                .setPodTarget(5, Pages.of(65536))));

        xen.answering((op, args) -> {
            ByteBuffer answer = xen.at(args[1]);
            answer.putLong(8, 0x1_0000_0001L).putLong(16, 2).putLong(24, 50396);
            return 0;
        });
        PodCounters counters = xenctrl.memory().setPodTarget(5, Pages.of(65536));
        assertEquals(new PodCounters(0x1_0000_0001L, 2, 50396), counters);
        assertEquals(50394, counters.debt());
    }

    @Test
    void getPodTargetIsEncoded() {
        assertEquals(hex(zeros(32), "ef7f 000000000000"), bytesOf(12, 17, 40, () -> xenctrl.memory()
                .podTarget(0x7FEF)));
    }

    @Test
    void populatePhysmapPassesItsGfnsAndReturnsExtentsDone() {
        List<String> seen = new ArrayList<>();
        xen.answering((op, args) -> {
            assertArrayEquals(new long[] {6, args[1]}, args);
            seen.add(xen.hex(args[1], 32).substring(16));
            seen.add(xen.hex(xen.at(args[1]).getLong(0), 24));
            return 2;
        });
        assertEquals(2, xenctrl.memory().populatePhysmap(5, new long[] {0, 512, 0x1_0000_0000L}, 9, 0x10000));
        assertEquals(
                List.of(
                        hex("0300000000000000 09000000 00000100 0500 000000000000"),
                        hex("0000000000000000 0002000000000000 0000000001000000")),
                seen);
    }

    @Test
    void claimPagesIsEncoded() {
        assertEquals(
                hex(zeros(8), "0000010000000000", zeros(8), "0500 000000000000"),
                bytesOf(12, 24, 32, () -> xenctrl.memory().claimPages(5, Pages.of(65536))));
    }

    @Test
    void theMemoryMapIsAnArrayOf20ByteEntries() {
        List<String> seen = new ArrayList<>();
        xen.answering((op, args) -> {
            assertArrayEquals(new long[] {13, args[1]}, args);
            seen.add(xen.hex(args[1], 16));
            seen.add(xen.hex(xen.at(args[1]).getLong(16), 40));
            return 0;
        });
        xenctrl.memory()
                .setMemoryMap(
                        5,
                        List.of(
                                new MemoryMapEntry(0, 0x1000_0000, MemoryMapEntry.Type.RAM),
                                new MemoryMapEntry(0xFC00_0000L, 0x1000, MemoryMapEntry.Type.ACPI)));
        assertEquals(
                List.of(
                        hex("0500 000000000000 02000000 00000000"),
                        hex(
                                "0000000000000000 0000001000000000 01000000",
                                "000000fc00000000 0010000000000000 03000000")),
                seen);
    }

    @Test
    void theMapOfTheHostHasTypesThatAGuestsMapHasNot() {
        xen.answering((op, args) -> {
            assertArrayEquals(new long[] {10, args[1]}, args);
            assertEquals(1024, xen.at(args[1]).getInt(0));
            var table = xen.at(xen.at(args[1]).getLong(8));
            table.putLong(0, 0).putLong(8, 0x9fc00).putInt(16, 1);
            table.putLong(20, 0xfec0_0000L).putLong(28, 0x1000).putInt(36, 5);
            table.putLong(40, 0xfee0_0000L).putLong(48, 0x1000).putInt(56, 7);
            xen.at(args[1]).putInt(0, 3);
            return 0;
        });
        assertEquals(
                List.of(
                        new MemoryMapEntry(0, 0x9fc00, MemoryMapEntry.Type.RAM),
                        new MemoryMapEntry(0xfec0_0000L, 0x1000, MemoryMapEntry.Type.UNUSABLE),
                        new MemoryMapEntry(0xfee0_0000L, 0x1000, MemoryMapEntry.Type.RESERVED)),
                xenctrl.memory().machineMemoryMap());
    }

    /** The values of {@code XENMEMF_exact_node} in memory.h. */
    @Test
    void anExactNodeIsAFlagAndTheNumberPlusOne() {
        assertEquals(0x20100, MemoryOp.exactNode(0));
        assertEquals(0x20200, MemoryOp.exactNode(1));
        assertEquals(0x2FF00, MemoryOp.exactNode(254));
        assertEquals(OptionalInt.of(254), MemoryOp.node(0x2FF00));
        assertEquals(OptionalInt.empty(), MemoryOp.node(MemoryOp.XENMEMF_POPULATE_ON_DEMAND));
    }
}
