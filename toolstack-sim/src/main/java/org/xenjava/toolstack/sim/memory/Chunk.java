// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.ArrayList;
import java.util.List;

/** A naturally aligned part of an extent: {@code 2^order} gfns. */
record Chunk(long gfn, int order) {
    /** Cuts an extent, as its first gfn's alignment demands, into chunks of one size. */
    static List<Chunk> aligned(long gfn, int order) {
        int chunkOrder = Math.min(order, Long.numberOfTrailingZeros(gfn));
        List<Chunk> chunks = new ArrayList<>();
        for (long at = gfn; at < gfn + (1L << order); at += 1L << chunkOrder) {
            chunks.add(new Chunk(at, chunkOrder));
        }
        return chunks;
    }
}
