// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** A mapping of pages in a row. */
public final class FrameMapping {
    private final long[] mfns;
    private final byte[] storage;
    private final int offset;
    private final Map<Integer, byte[]> copies = new TreeMap<>();

    FrameMapping(long[] mfns, byte[] storage, int offset) {
        this.mfns = mfns.clone();
        this.storage = storage;
        this.offset = offset;
    }

    /** Creates a little-endian view of the mapped memory. */
    public ByteBuffer bytes() {
        return ByteBuffer.wrap(storage, offset, mfns.length * PhysicalMemory.PAGE_BYTES)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The number of pages. */
    public int pages() {
        return mfns.length;
    }

    /** The machine frame of a page, by its index. */
    public long mfn(int index) {
        return mfns[index];
    }

    byte[] storage() {
        return storage;
    }

    /** Records that a page is mapped elsewhere too, and its content when it was copied here. */
    void worksOnCopyOf(int index) {
        int from = index * PhysicalMemory.PAGE_BYTES;
        copies.put(index, Arrays.copyOfRange(storage, from, from + PhysicalMemory.PAGE_BYTES));
    }

    Map<Integer, byte[]> copies() {
        return copies;
    }
}
