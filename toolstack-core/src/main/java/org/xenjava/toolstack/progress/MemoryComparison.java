// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

import java.util.List;

/**
 * The result of a comparison of the memory that a guest has on its new host with that on its old one, which the sender of a
 * migration may ask for.
 *
 * @param pages the number of pages that were compared
 * @param different how many of them were different
 * @param firstFrames the numbers of the first frames with a difference, in the order of the stream, at most {@value #NAMED}
 */
public record MemoryComparison(long pages, long different, List<Long> firstFrames) {
    /** The most frames that are named. */
    public static final int NAMED = 16;

    /**
     * Copies the list, so that the record is immutable.
     *
     * @param pages the number of pages that were compared
     * @param different how many of them were different
     * @param firstFrames the numbers of the first frames with a difference
     */
    public MemoryComparison {
        firstFrames = List.copyOf(firstFrames);
    }
}
