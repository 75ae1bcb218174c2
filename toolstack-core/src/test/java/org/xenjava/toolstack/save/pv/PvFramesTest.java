// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class PvFramesTest {
    private static final long INVALID = -1;
    private static final long FOREIGN = 1L << 63 | 77;

    @Test
    void pagesAreFoundByTheirMachineFrame() {
        PvFrames frames = new PvFrames(new long[] {500, INVALID, 3, FOREIGN, (1L << 35) - 1, 1L << 35});
        assertEquals(OptionalLong.of(0), frames.pfn(500));
        assertEquals(OptionalLong.of(2), frames.pfn(3));
        assertEquals(OptionalLong.of(4), frames.pfn((1L << 35) - 1));
        for (long frame : new long[] {INVALID, FOREIGN, 0, 4, 501, 77, 1L << 35}) {
            assertEquals(OptionalLong.empty(), frames.pfn(frame), Long.toHexString(frame));
        }
        assertEquals(BitSet.valueOf(new long[] {0b10101}), frames.present());
        assertEquals(PvFrames.NONE, frames.frame(1));
        assertEquals(PvFrames.NONE, frames.frame(6));
    }

    @Test
    void framesThatAreTakenOutAreNoPages() {
        PvFrames frames = new PvFrames(new long[] {500, 600, 700}).without(BitSet.valueOf(new long[] {0b010}));
        assertEquals(OptionalLong.empty(), frames.pfn(600));
        assertEquals(PvFrames.NONE, frames.frame(1));
        assertEquals(OptionalLong.of(2), frames.pfn(700));
        assertEquals(3, frames.end());
    }

    @Test
    void aFrameThatTwoPagesClaimIsReported() {
        assertEquals(OptionalLong.empty(), new PvFrames(new long[] {5, 6, INVALID, INVALID}).claimedTwice());
        assertEquals(OptionalLong.of(6), new PvFrames(new long[] {6, 5, 6}).claimedTwice());
    }

    @Test
    void onlyPresentEntriesOfATableAreReplacedAndThoseOfXenAreCleared() {
        ByteBuffer table = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        table.putLong(0, 0x8000_0000_0000_5067L)
                .putLong(8, 0x6066)
                .putLong(256 * 8, 0x9_9067)
                .putLong(271 * 8, 0x9_9067)
                .putLong(272 * 8, 0x5063);
        assertEquals(-1, PageTables.replace(4, table.duplicate(), number -> number == 5 ? 0xabc : PageTables.UNKNOWN));
        assertEquals(0x8000_0000_00ab_c067L, table.getLong(0));
        assertEquals(0x6066, table.getLong(8));
        assertEquals(0, table.getLong(256 * 8));
        assertEquals(0, table.getLong(271 * 8));
        assertEquals(0xab_c063, table.getLong(272 * 8));
        table.putLong(256 * 8, 0x9_9067);
        assertEquals(256, PageTables.replace(3, table.duplicate(), number -> number == 0xabc ? 5 : PageTables.UNKNOWN));
    }
}
