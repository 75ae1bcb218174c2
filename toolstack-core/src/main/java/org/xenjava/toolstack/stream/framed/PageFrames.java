// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.zstd.ZstdCompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Bodies of frames of pages. An entry has the kind of a page in bits 60 to 63 and the frame number in bits 0 to 51. The
 * contents of the pages that have one follow the entries.
 */
final class PageFrames {
    private static final int KIND_SHIFT = 60;
    private static final int CONTENT = 0;
    private static final int ZERO = 1;
    private static final int BROKEN = 2;
    private static final ByteBuffer ZEROES = ByteBuffer.allocate(Pages.BYTES).asReadOnlyBuffer();

    private final boolean compressing;

    /** The begin of the contents in the frame. */
    private int start;

    private ByteBuffer frame = ByteBuffer.allocate(0);
    private ByteBuffer compressed = ByteBuffer.allocate(0);
    private ByteBuffer expanded = ByteBuffer.allocate(0);

    /** @param compressing whether contents may be compressed */
    PageFrames(boolean compressing) {
        this.compressing = compressing;
    }

    /** Writes a frame; returns the number of pages with content. Pages of zeroes become markers. */
    int write(PageBatch batch, FrameWriter writer) throws IOException {
        copy(batch);
        return send(writer);
    }

    /** Copies a batch, so that it may be changed before it is sent. */
    void copy(PageBatch batch) {
        int entry = Frame.HEADER_BYTES + 2 * Integer.BYTES;
        start = entry + batch.count() * Long.BYTES;
        frame = room(frame, start + batch.storedPages() * Pages.BYTES);
        frame.putInt(Frame.HEADER_BYTES, batch.count()).putInt(Frame.HEADER_BYTES + Integer.BYTES, 0);
        frame.position(start);
        int stored = 0;
        for (int i = 0; i < batch.count(); i++) {
            int kind = kind(batch.type(i));
            if (kind == CONTENT) {
                // The guest may write the page meanwhile: what is compared and sent is this copy.
                int at = frame.position();
                frame.put(batch.content(stored++));
                if (frame.slice(at, Pages.BYTES).mismatch(ZEROES) < 0) {
                    frame.position(at);
                    kind = ZERO;
                }
            }
            frame.putLong(entry + i * Long.BYTES, (long) kind << KIND_SHIFT | batch.pfn(i));
        }
    }

    /** Compresses and writes what was copied; returns the number of pages with content. */
    int send(FrameWriter writer) throws IOException {
        int pages = (frame.position() - start) / Pages.BYTES;
        boolean isCompressed = compressing && pages > 0 && compress();
        writer.write(FrameType.PAGES, isCompressed ? Frame.ZSTD : 0, frame);
        return pages;
    }

    /** Compresses the contents in the frame, and returns whether that has made them shorter. */
    private boolean compress() {
        ByteBuffer plain = frame.slice(start, frame.position() - start);
        ZstdCompressor compressor = new ZstdCompressor();
        compressed = room(compressed, compressor.maxCompressedLength(plain.remaining()));
        compressor.compress(plain.duplicate(), compressed);
        boolean shorter = compressed.position() < plain.remaining();
        if (shorter) {
            frame.position(start).put(compressed.flip());
        }
        return shorter;
    }

    private static int kind(PageType type) {
        return switch (type) {
            case NORMAL -> CONTENT;
            case ZERO -> ZERO;
            case BROKEN -> BROKEN;
            default -> throw new IllegalArgumentException("a page of type " + type);
        };
    }

    private static ByteBuffer room(ByteBuffer buffer, int bytes) {
        return buffer.capacity() >= bytes
                ? buffer.clear()
                : ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Reads a frame. The batch is valid until the next frame is read. */
    PageBatch read(Frame received, FrameReader reader) {
        ByteBuffer body = received.body();
        int count = body.remaining() < 2 * Integer.BYTES ? 0 : body.getInt();
        if (count < 1 || count > PageBatch.MOST || body.remaining() < Integer.BYTES + count * Long.BYTES) {
            throw reader.wrong(Integer.toUnsignedString(count) + " pages are no valid number");
        }
        if (body.getInt() != 0 || (received.flags() & ~Frame.ZSTD) != 0) {
            throw reader.wrong("a reserved field is not zero");
        }
        long[] pfns = new long[count];
        PageType[] types = new PageType[count];
        int stored = 0;
        for (int i = 0; i < count; i++) {
            long entry = body.getLong();
            types[i] = type(entry, reader);
            pfns[i] = entry & PageBatch.LAST_PFN;
            stored += types[i].hasContent() ? 1 : 0;
        }
        boolean isCompressed = (received.flags() & Frame.ZSTD) != 0;
        ByteBuffer pages = isCompressed ? expanded(body, stored * Pages.BYTES, reader) : body.slice();
        if (pages.remaining() != stored * Pages.BYTES) {
            throw reader.wrong(pages.remaining() + " bytes of content for " + stored + " pages");
        }
        return PageBatch.of(pfns, types, pages);
    }

    private static PageType type(long entry, FrameReader reader) {
        if ((entry & ~(0xfL << KIND_SHIFT)) > PageBatch.LAST_PFN) {
            throw reader.wrong("the reserved bits of entry " + Long.toHexString(entry) + " are not zero");
        }
        int kind = (int) (entry >>> KIND_SHIFT);
        return switch (kind) {
            case CONTENT -> PageType.NORMAL;
            case ZERO -> PageType.ZERO;
            case BROKEN -> PageType.BROKEN;
            default -> throw reader.wrong("pages of kind " + kind + " are not defined");
        };
    }

    /** The expanded contents; a body that would become longer is refused. */
    private ByteBuffer expanded(ByteBuffer body, int length, FrameReader reader) {
        if (!compressing) {
            throw reader.wrong("the pages are compressed, which was not agreed");
        }
        expanded = room(expanded, length).limit(length);
        try {
            new ZstdDecompressor().decompress(body.slice(), expanded);
        } catch (MalformedInputException | IllegalArgumentException e) {
            throw reader.wrong("the compressed pages cannot be expanded: " + e.getMessage());
        }
        return expanded.flip();
    }
}
