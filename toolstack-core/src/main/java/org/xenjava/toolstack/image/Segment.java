// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A part of a kernel, or other data, that is contiguous in the guest's memory: bytes of a content, then zeros.
 * Immutable.
 */
public final class Segment {
    private static final byte[] ZEROS = new byte[16 * Pages.BYTES];

    private final long address;
    private final long memoryBytes;
    private final ImageContent content;
    private final long offset;
    private final long fileBytes;
    private final NonZeroPages nonZero;

    /**
     * @param address guest-physical address
     * @param memoryBytes length in the guest, 1 or more
     * @param offset offset of the part in the content
     * @param fileBytes length of the part in the content, at most {@code memoryBytes}
     */
    Segment(long address, long memoryBytes, ImageContent content, long offset, long fileBytes) {
        this(address, memoryBytes, content, offset, fileBytes, new NonZeroPages(offset, fileBytes, (int)
                (address % Pages.BYTES)));
    }

    /** A segment whose non-zero pages may be known already. */
    Segment(long address, long memoryBytes, ImageContent content, long offset, long fileBytes, NonZeroPages nonZero) {
        this.address = address;
        this.memoryBytes = memoryBytes;
        this.content = content;
        this.offset = offset;
        this.fileBytes = fileBytes;
        this.nonZero = nonZero;
    }

    /** Guest-physical address of the first byte. */
    public long address() {
        return address;
    }

    /** The number of bytes from the file. */
    public long fileBytes() {
        return fileBytes;
    }

    /** The number of bytes in the guest's memory; bytes behind {@link #fileBytes} are zero. */
    public long memoryBytes() {
        return memoryBytes;
    }

    /** First guest-physical address behind the segment. */
    public long end() {
        return address + memoryBytes;
    }

    ImageContent content() {
        return content;
    }

    boolean contains(long where) {
        return where >= address && where < end();
    }

    /** The frames of the segment, including frames that are not written. */
    PageRange allFrames() {
        return PageRange.holding(address, memoryBytes);
    }

    /** The frames that {@link #loadInto} writes. */
    RangeSet<Long> frames(ImageReader reader, RamContents.FreshPages fresh) {
        RangeSet<Long> frames = TreeRangeSet.create();
        if (fresh == RamContents.FreshPages.UNDEFINED) {
            frames.add(allFrames().toRange());
        } else {
            long first = address >> Pages.SHIFT;
            BitSet pages = nonZero.in(reader);
            for (int from = pages.nextSetBit(0); from >= 0; ) {
                int to = pages.nextClearBit(from);
                frames.add(Range.closedOpen(first + from, first + to));
                from = pages.nextSetBit(to);
            }
        }
        return frames;
    }

    /**
     * Writes the segment directly from the content into mapped guest pages, many pages for each mapping. Pages of zeros
     * are skipped if fresh pages are zero, and cleared otherwise.
     */
    void loadInto(GuestMemory memory, ImageReader reader, RamContents.FreshPages fresh) {
        long[] batch = new long
                [(int) Math.min(GuestMemory.MAX_PAGES, allFrames().pages().count())];
        int filled = 0;
        for (PageRange range : PageRange.listOf(frames(reader, fresh))) {
            for (long gfn = range.firstGfn(); gfn < range.endGfn(); gfn++) {
                batch[filled++] = gfn;
                if (filled == batch.length) {
                    write(memory, reader, batch);
                    filled = 0;
                }
            }
        }
        if (filled > 0) {
            write(memory, reader, Arrays.copyOf(batch, filled));
        }
    }

    private void write(GuestMemory memory, ImageReader reader, long[] gfns) {
        memory.write(gfns, pages -> {
            int from = 0;
            while (from < gfns.length) {
                int to = from + 1;
                while (to < gfns.length && gfns[to] == gfns[to - 1] + 1) {
                    to++;
                }
                fill(pages.slice(from * Pages.BYTES, (to - from) * Pages.BYTES), gfns[from], reader);
                from = to;
            }
        });
    }

    /** Fills neighbouring pages, without the bytes that are not the segment's. */
    private void fill(ByteBuffer pages, long firstGfn, ImageReader reader) {
        long start = firstGfn << Pages.SHIFT;
        long from = Math.max(address, start);
        long to = Math.min(end(), start + pages.capacity());
        long fileEnd = Math.min(to, address + fileBytes);
        if (from < fileEnd) {
            reader.read(offset + from - address, pages.slice((int) (from - start), (int) (fileEnd - from)));
        }
        pages.position((int) (Math.max(from, fileEnd) - start)).limit((int) (to - start));
        while (pages.hasRemaining()) {
            pages.put(ZEROS, 0, Math.min(pages.remaining(), ZEROS.length));
        }
    }
}
