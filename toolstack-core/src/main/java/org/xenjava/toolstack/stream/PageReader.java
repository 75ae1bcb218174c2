// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Reads PAGE_DATA records in batches. The memory for pages is one buffer of at most 4 MiB. */
final class PageReader {
    private final ByteSource source;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private long[] entries = {};
    private int next;

    PageReader(ByteSource source) {
        this.source = source;
    }

    /** Whether the record has more batches. */
    boolean hasNext() {
        return next < entries.length;
    }

    /** Reads the entries of a record of that length, and checks that its pages have the rest of it. */
    void begin(long length) throws IOException {
        ByteBuffer header = source.read(Math.min(length, Long.BYTES));
        int count = length < Long.BYTES ? 0 : header.getInt();
        if (count < 1 || count > StreamFormat.MOST_ENTRIES || length < Long.BYTES + count * (long) Long.BYTES) {
            throw source.wrong(
                    Integer.toUnsignedString(count) + " entries are no valid number for " + length + " bytes");
        }
        if (header.getInt() != 0) {
            throw source.wrong("the reserved field is not zero");
        }
        entries = new long[count];
        LongBuffer numbers = source.read(count * (long) Long.BYTES).asLongBuffer();
        numbers.get(entries);
        long stored = Arrays.stream(entries).filter(this::hasContent).count();
        long expected = Long.BYTES + count * (long) Long.BYTES + stored * Pages.BYTES;
        if (length != expected) {
            throw source.wrong(length + " bytes, but its entries have " + stored + " pages and need " + expected);
        }
        next = 0;
    }

    private boolean hasContent(long entry) {
        int number = (int) (entry >>> PageBatch.TYPE_SHIFT);
        PageType type = PageType.of(number)
                .filter(PageType::isOfXl)
                .orElseThrow(() -> source.wrong("page type " + number + " is not defined"));
        if ((entry & ~(0xfL << PageBatch.TYPE_SHIFT)) > PageBatch.LAST_PFN) {
            throw source.wrong("the reserved bits of entry " + Long.toHexString(entry) + " are not zero");
        }
        return type.hasContent();
    }

    /** Reads the next entries of the record and their pages. */
    PageBatch batch() throws IOException {
        long[] part = Arrays.copyOfRange(entries, next, Math.min(entries.length, next + PageBatch.MOST));
        next += part.length;
        if (next == entries.length) {
            entries = new long[0];
            next = 0;
        }
        int stored = (int) Arrays.stream(part).filter(this::hasContent).count();
        if (buffer.capacity() < stored * Pages.BYTES) {
            buffer = ByteBuffer.allocateDirect(stored * Pages.BYTES);
        }
        source.fill(buffer.clear().limit(stored * Pages.BYTES));
        return PageBatch.checked(part, buffer.flip().slice());
    }
}
