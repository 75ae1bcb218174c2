// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.Arrays;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A part of a kernel that lies in one piece in the guest's memory: bytes of the file, then zeros. */
public final class Segment {
    private static final byte[] ZEROS = new byte[256 * Pages.BYTES];

    private final long address;
    private final long memoryBytes;
    private final ImageBytes content;

    Segment(long address, long memoryBytes, ImageBytes content) {
        this.address = address;
        this.memoryBytes = memoryBytes;
        this.content = content;
    }

    /** Guest-physical address of its first byte. */
    public long address() {
        return address;
    }

    /** Bytes that come from the file. */
    public int fileBytes() {
        return content.length();
    }

    /** Bytes in the guest's memory; those behind {@link #fileBytes} are zero. */
    public long memoryBytes() {
        return memoryBytes;
    }

    /** First guest-physical address behind it. */
    public long end() {
        return address + memoryBytes;
    }

    boolean contains(long where) {
        return where >= address && where < end();
    }

    /** The frames that {@link #loadInto} writes to. */
    RangeSet<Long> frames(FreshPages fresh) {
        RangeSet<Long> frames = TreeRangeSet.create();
        forEachPiece(
                fresh,
                (at, source, offset, length) ->
                        frames.add(PageRange.holding(at, length).toRange()));
        return frames;
    }

    /** Writes the segment; of pages that are zero anyway only what is not zero. */
    void loadInto(GuestMemory memory, FreshPages fresh) {
        forEachPiece(fresh, memory::write);
    }

    private void forEachPiece(FreshPages fresh, GuestMemory memory) {
        if (fresh == FreshPages.UNDEFINED) {
            write(memory, 0, content.length());
            zero(memory, address + content.length(), memoryBytes - content.length());
        } else {
            writeNonZeroPages(memory);
        }
    }

    /** Neighbouring pages go in one piece. */
    private void writeNonZeroPages(GuestMemory memory) {
        int pending = 0;
        int at = 0;
        while (at < content.length()) {
            int next = endOfPage(at);
            if (isZero(at, next)) {
                write(memory, pending, at);
                pending = next;
            }
            at = next;
        }
        write(memory, pending, at);
    }

    private void write(GuestMemory memory, int from, int to) {
        if (from < to) {
            memory.write(address + from, content.array(), content.arrayOffset() + from, to - from);
        }
    }

    private static void zero(GuestMemory memory, long from, long bytes) {
        for (long done = 0; done < bytes; done += ZEROS.length) {
            memory.write(from + done, ZEROS, 0, (int) Math.min(bytes - done, ZEROS.length));
        }
    }

    /** Where in the content the guest's page ends in which {@code at} lies. */
    private int endOfPage(int at) {
        long left = Pages.BYTES - (address + at) % Pages.BYTES;
        return (int) Math.min(content.length(), at + left);
    }

    private boolean isZero(int from, int to) {
        int start = content.arrayOffset();
        return Arrays.equals(content.array(), start + from, start + to, ZEROS, 0, to - from);
    }
}
