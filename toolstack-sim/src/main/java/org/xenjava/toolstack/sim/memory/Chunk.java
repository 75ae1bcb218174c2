// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.ArrayList;
import java.util.List;

/** A naturally aligned part of an extent: {@code 2^order} guest frames. */
record Chunk(long gfn, int order) {
    /** Cuts an extent into chunks of one size, the largest that the alignment of its first gfn allows. */
    static List<Chunk> aligned(long gfn, int order) {
        int chunkOrder = Math.min(order, Long.numberOfTrailingZeros(gfn));
        List<Chunk> chunks = new ArrayList<>();
        for (long at = gfn; at < gfn + (1L << order); at += 1L << chunkOrder) {
            chunks.add(new Chunk(at, chunkOrder));
        }
        return chunks;
    }
}
