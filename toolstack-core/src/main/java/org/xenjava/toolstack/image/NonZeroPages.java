// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The pages of a part of a content that are not all zero. The content is scanned once, at the first call, in pieces of
 * {@value #PIECE_BYTES} bytes. Safe to use from many threads.
 */
final class NonZeroPages {
    private static final int PIECE_BYTES = 64 << 10;
    private static final byte[] ZEROS = new byte[Pages.BYTES];

    private final long offset;
    private final long bytes;
    private final int inFirstPage;
    private Optional<BitSet> found = Optional.empty();

    /**
     * @param offset offset of the part in the content
     * @param bytes length of the part
     * @param inFirstPage offset of the part in its first guest page
     */
    NonZeroPages(long offset, long bytes, int inFirstPage) {
        this.offset = offset;
        this.bytes = bytes;
        this.inFirstPage = inFirstPage;
    }

    /** The numbers of the pages, from 0 for the first guest page. The caller must not change the array. */
    synchronized BitSet in(ImageReader reader) {
        BitSet pages = found.orElseGet(() -> scan(reader));
        found = Optional.of(pages);
        return pages;
    }

    private BitSet scan(ImageReader reader) {
        BitSet pages = new BitSet();
        byte[] piece = new byte[PIECE_BYTES];
        long at = 0;
        while (at < bytes) {
            // The end of a piece is the end of a page.
            long room = PIECE_BYTES - (at + inFirstPage) % Pages.BYTES;
            int length = (int) Math.min(room, bytes - at);
            reader.read(offset + at, ByteBuffer.wrap(piece, 0, length));
            mark(pages, piece, at, length);
            at += length;
        }
        return pages;
    }

    private void mark(BitSet pages, byte[] piece, long at, int length) {
        int from = 0;
        while (from < length) {
            long position = at + from + inFirstPage;
            int to = (int) Math.min(length, from + Pages.BYTES - position % Pages.BYTES);
            if (!Arrays.equals(piece, from, to, ZEROS, 0, to - from)) {
                pages.set((int) (position >> Pages.SHIFT));
            }
            from = to;
        }
    }
}
