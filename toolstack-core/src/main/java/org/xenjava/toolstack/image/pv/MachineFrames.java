// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The machine frame of each page of a PV guest. Pages are appended in the order of their pfns, from 0 on; neighbours are
 * kept as one run, so that a guest of 2 MiB extents takes 16 bytes for each of them. Used by one thread at a time.
 */
public final class MachineFrames {
    private long[] firstPfns = new long[16];
    private long[] firstFrames = new long[16];
    private int runs;
    private long pages;

    /**
     * Appends neighbouring pages.
     *
     * @param firstFrame machine frame of the first page
     * @param count number of pages, 1 or more
     */
    public void append(long firstFrame, long count) {
        boolean continues = runs > 0 && firstFrames[runs - 1] + pages - firstPfns[runs - 1] == firstFrame;
        if (!continues) {
            if (runs == firstPfns.length) {
                firstPfns = Arrays.copyOf(firstPfns, 2 * runs);
                firstFrames = Arrays.copyOf(firstFrames, 2 * runs);
            }
            firstPfns[runs] = pages;
            firstFrames[runs] = firstFrame;
            runs++;
        }
        pages += count;
    }

    /** The number of pages; the first pfn without one. */
    public long pages() {
        return pages;
    }

    /**
     * The machine frame of a page.
     *
     * @param pfn 0 … {@link #pages} − 1
     */
    public long of(long pfn) {
        if (pfn < 0 || pfn >= pages) {
            throw new IndexOutOfBoundsException("pfn " + pfn + " of " + pages);
        }
        int found = Arrays.binarySearch(firstPfns, 0, runs, pfn);
        int run = found >= 0 ? found : -found - 2;
        return firstFrames[run] + pfn - firstPfns[run];
    }

    /**
     * Makes pages of the list that the guest gets: the machine frame of each of its pages, as numbers of 64 bits.
     *
     * @param firstPage number of the first of these pages in the list
     */
    public void fillList(long firstPage, ByteBuffer list) {
        list.order(ByteOrder.LITTLE_ENDIAN);
        long pfn = firstPage * PvPageTables.PAGE_BYTES / Long.BYTES;
        for (int at = 0; at < list.capacity(); at += Long.BYTES) {
            list.putLong(at, pfn < pages ? of(pfn) : 0);
            pfn++;
        }
    }

    /** The machine frames of pages, in the order of the pfns. */
    public long[] of(long[] pfns) {
        return Arrays.stream(pfns).map(this::of).toArray();
    }
}
