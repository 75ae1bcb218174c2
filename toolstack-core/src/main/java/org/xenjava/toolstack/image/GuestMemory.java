// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The physical memory of a guest, for writing: mapped pages of a domain, or an array in a test. */
public interface GuestMemory {
    /**
     * The largest number of pages of one {@link #write}: 64 MiB, so that most kernels need one mapping for each
     * segment.
     */
    int MAX_PAGES = 16_384;

    /**
     * Passes pages to a writer.
     *
     * @param gfns guest frames, 1 … {@value #MAX_PAGES}, each once
     * @param writer receives the pages in one buffer, in the order of the frames, with their present content. The
     *     buffer is invalid after the writer has returned.
     */
    void write(long[] gfns, Consumer<ByteBuffer> writer);

    /**
     * Copies an array to a guest-physical address.
     *
     * @param address in bytes
     */
    default void write(long address, byte[] source) {
        if (source.length == 0) {
            return;
        }
        PageRange all = PageRange.holding(address, source.length);
        for (PageRange chunk : all.chunks(Pages.of(MAX_PAGES))) {
            long from = Math.max(address, chunk.address());
            long to = Math.min(address + source.length, chunk.endGfn() << Pages.SHIFT);
            write(
                    chunk.gfns(),
                    pages -> pages.put(
                            (int) (from - chunk.address()), source, (int) (from - address), (int) (to - from)));
        }
    }
}
