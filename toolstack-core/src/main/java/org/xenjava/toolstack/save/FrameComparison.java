// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.util.BitSet;
import java.util.function.UnaryOperator;

/**
 * Compares the frames of a stopped guest that have a page with those that were sent. The guest waits, so Xen is asked for
 * few frames. A guest that owns as many pages as were sent has them at the same frames if each frame that was sent has a
 * page, or if no other frame has one. For a small guest, which has most of its frames below the hole for devices and some
 * at its end, fewer frames were sent than not; for a guest of several GiB it is the other way round.
 */
final class FrameComparison {
    private FrameComparison() {}

    /**
     * Whether exactly the frames that were sent have a page. A page that the domain owns at no frame counts as one of a
     * frame that was sent, if the other frames are asked for.
     *
     * @param sent the frames that were sent, as many as the domain owns pages
     * @param end the frame after the highest one that may have a page
     * @param present asks Xen which of some frames have a page
     */
    static boolean isSame(BitSet sent, long end, UnaryOperator<BitSet> present) {
        int asked = sent.cardinality();
        long others = end - sent.get(0, clamped(end)).cardinality();
        if (asked <= others) {
            return present.apply(sent).equals(sent);
        }
        BitSet unsent = new BitSet();
        unsent.set(0, clamped(end));
        unsent.andNot(sent);
        return present.apply(unsent).isEmpty();
    }

    private static int clamped(long end) {
        return (int) Math.min(Integer.MAX_VALUE, end);
    }
}
