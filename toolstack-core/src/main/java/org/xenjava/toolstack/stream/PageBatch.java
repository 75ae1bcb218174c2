// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Up to {@value #MOST} entries of a PAGE_DATA record with the contents of their pages. A batch from a reader is valid
 * until the reader's next record, because all batches share one buffer.
 */
public final class PageBatch implements StreamRecord {
    /** The largest number of entries in a batch; Xen's writers put as many into a record. */
    public static final int MOST = 1024;

    /** The largest frame number: bits 0 to 51 of an entry. */
    public static final long LAST_PFN = (1L << 52) - 1;

    static final int TYPE_SHIFT = 60;

    private final long[] entries;
    private final ByteBuffer contents;

    /**
     * @param entries checked entries
     * @param contents a page for each entry whose type has content, in the order of the entries
     */
    private PageBatch(long[] entries, ByteBuffer contents) {
        this.entries = entries;
        this.contents = contents;
    }

    static PageBatch checked(long[] entries, ByteBuffer contents) {
        return new PageBatch(entries, contents);
    }

    /**
     * {@return a batch}
     *
     * @param pfns frame numbers, at most {@value #MOST}
     * @param types the type of each frame
     * @param contents a page for each frame whose type has content, in the order of the frames
     * @throws IllegalArgumentException if the sizes do not fit, or a frame number is too large
     */
    public static PageBatch of(long[] pfns, PageType[] types, ByteBuffer contents) {
        if (pfns.length == 0 || pfns.length > MOST || pfns.length != types.length) {
            throw new IllegalArgumentException(pfns.length + " frames and " + types.length + " types");
        }
        long[] entries = new long[pfns.length];
        int stored = 0;
        for (int i = 0; i < pfns.length; i++) {
            if (pfns[i] < 0 || pfns[i] > LAST_PFN) {
                throw new IllegalArgumentException("frame " + Long.toHexString(pfns[i]));
            }
            entries[i] = (long) types[i].number() << TYPE_SHIFT | pfns[i];
            stored += types[i].hasContent() ? 1 : 0;
        }
        if (contents.remaining() != stored * Pages.BYTES) {
            throw new IllegalArgumentException(contents.remaining() + " bytes for " + stored + " pages");
        }
        return new PageBatch(entries, contents.slice());
    }

    /** {@return the number of entries} */
    public int count() {
        return entries.length;
    }

    /**
     * {@return the frame number of an entry}
     *
     * @param index of the entry
     */
    public long pfn(int index) {
        return entries[index] & LAST_PFN;
    }

    /**
     * {@return the type of an entry}
     *
     * @param index of the entry
     */
    public PageType type(int index) {
        return PageType.of((int) (entries[index] >>> TYPE_SHIFT)).orElseThrow();
    }

    /** {@return the number of entries that have content} */
    public int storedPages() {
        return contents.remaining() / Pages.BYTES;
    }

    /** {@return the contents of the entries that have content, in their order} */
    public ByteBuffer contents() {
        return contents.duplicate();
    }

    /**
     * {@return the content of a page}
     *
     * @param stored its position among the entries that have content
     */
    public ByteBuffer content(int stored) {
        Objects.checkIndex(stored, storedPages());
        return contents.slice(stored * Pages.BYTES, Pages.BYTES);
    }

    /** Whether an entry is a page of zeroes without content. */
    boolean hasZeroes() {
        return Arrays.stream(entries).anyMatch(entry -> entry >>> TYPE_SHIFT == PageType.ZERO.number());
    }

    long entry(int index) {
        return entries[index];
    }

    @Override
    public String toString() {
        return count() + " entries, " + storedPages() + " pages";
    }
}
