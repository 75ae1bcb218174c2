// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

class FrameComparisonTest {
    private static final int FRAMES = 6;

    private long asked;

    private BitSet answer(BitSet frames, BitSet present) {
        asked += frames.cardinality();
        BitSet answer = (BitSet) frames.clone();
        answer.and(present);
        return answer;
    }

    private static BitSet set(long bits) {
        return BitSet.valueOf(new long[] {bits});
    }

    @Test
    void theAnswerIsExactForAllSetsOfAsManyFrames() {
        for (long sent = 0; sent < 1 << FRAMES; sent++) {
            for (long present = 0; present < 1 << FRAMES; present++) {
                if (Long.bitCount(sent) == Long.bitCount(present)) {
                    assertExact(set(sent), set(present));
                }
            }
        }
    }

    private void assertExact(BitSet sent, BitSet present) {
        for (int end = present.length(); end <= FRAMES; end++) {
            boolean same = FrameComparison.isSame(sent, end, frames -> answer(frames, present));
            assertEquals(sent.equals(present), same, sent + " sent, " + present + " present, end " + end);
        }
    }

    @Test
    void theFewerFramesAreAskedFor() {
        for (long bits = 0; bits < 1 << FRAMES; bits++) {
            BitSet sent = set(bits);
            asked = 0;
            assertTrue(FrameComparison.isSame(sent, FRAMES, frames -> answer(frames, sent)));
            assertEquals(Math.min(sent.cardinality(), FRAMES - sent.cardinality()), asked, sent.toString());
        }
    }
}
