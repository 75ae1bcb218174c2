// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PhysicalMemoryTest {
    private final PhysicalMemory memory = new PhysicalMemory();

    @Test
    void memoryThatWasNeverWrittenIsZero() {
        assertTrue(memory.isZero(0, 1L << 40));
        assertArrayEquals(new byte[8], memory.read(77, 100, 8));
    }

    @Test
    void writesThroughAMappingChangeTheMemory() {
        FrameMapping mapping = memory.map(5, 9);
        mapping.bytes().put(4096 + 3, (byte) 1);
        assertFalse(memory.isZero(9, 1));
        assertTrue(memory.isZero(5, 1));
        assertArrayEquals(new byte[] {0, 1}, memory.read(9, 2, 2));
        memory.unmap(mapping);
        assertArrayEquals(new byte[] {0, 1}, memory.read(9, 2, 2));
    }

    @Test
    void aPageOverwrittenWithZeroesIsZeroAgain() {
        memory.write(3, 10, new byte[] {7});
        assertFalse(memory.isZero(3, 1));
        memory.write(3, 10, new byte[] {0});
        assertTrue(memory.isZero(0, 10));
    }

    @Test
    void twoMappingsOfOnePageSeeTheSameBytes() {
        FrameMapping wide = memory.map(4, 5, 6);
        FrameMapping narrow = memory.map(5);
        narrow.bytes().put(0, (byte) 9);
        assertEquals(9, wide.bytes().get(4096));
        memory.unmap(wide);
        assertTrue(memory.isMapped(5, 1));
        narrow.bytes().put(1, (byte) 8);
        assertArrayEquals(new byte[] {9, 8}, memory.read(5, 0, 2));
        memory.unmap(narrow);
        assertFalse(memory.isMapped(0, 10));
        assertArrayEquals(new byte[] {9, 8}, memory.read(5, 0, 2));
    }

    @Test
    void aMappingInAnotherArrangementIsMergedWhenItEnds() {
        FrameMapping first = memory.map(5);
        FrameMapping other = memory.map(6, 5);
        first.bytes().put(0, (byte) 1);
        other.bytes().put(4096 + 1, (byte) 2);
        memory.unmap(other);
        assertArrayEquals(new byte[] {1, 2}, memory.read(5, 0, 2));
        memory.unmap(first);
        assertArrayEquals(new byte[] {1, 2}, memory.read(5, 0, 2));
    }

    @Test
    void fillingAndClearingReachMappedPagesToo() {
        FrameMapping mapping = memory.map(10);
        memory.fill(0, 20);
        assertEquals(PhysicalMemory.FILLING, mapping.bytes().get(17));
        assertEquals(19L, memory.highestZero(0, 20).orElse(19L));
        memory.clear(5, 10);
        assertEquals(0, mapping.bytes().get(17));
        assertTrue(memory.isZero(5, 10));
        assertEquals(14L, memory.highestZero(0, 20).getAsLong());
        memory.unmap(mapping);
    }

    @Test
    void aFilledPageKeepsItsContentWhenMapped() {
        memory.fill(0, 4);
        FrameMapping mapping = memory.map(2);
        assertEquals(PhysicalMemory.FILLING, mapping.bytes().get(0));
        memory.unmap(mapping);
        assertFalse(memory.isZero(2, 1));
    }
}
