// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalLong;

/**
 * The machine frames of the pages of a PV guest at one moment, and the pages at machine frames: 16 bytes for each page. The
 * guest has written the numbers, so that they may be anything.
 */
final class PvFrames {
    /** Stands for no machine frame. */
    static final long NONE = -1;

    private static final int PFN_BITS = 28;
    private static final int FRAME_BITS = 35;

    /** The largest number of pages that a guest may have: 1 TiB. */
    static final long MOST_PFNS = 1L << PFN_BITS;

    private static final long PFN_MASK = MOST_PFNS - 1;

    private final long[] frames;

    /** Machine frame and pfn in one number, ascending. */
    private final long[] byFrame;

    /** @param frames the machine frame of each pfn; numbers that are none, such as those of other domains, count as none */
    PvFrames(long[] frames) {
        this.frames = frames;
        long[] packed = new long[frames.length];
        int count = 0;
        for (int pfn = 0; pfn < frames.length; pfn++) {
            if (frames[pfn] < 0 || frames[pfn] >= 1L << FRAME_BITS) {
                frames[pfn] = NONE;
            } else {
                packed[count++] = frames[pfn] << PFN_BITS | pfn;
            }
        }
        byFrame = Arrays.copyOf(packed, count);
        Arrays.sort(byFrame);
    }

    /** No page. */
    static PvFrames none() {
        return new PvFrames(new long[0]);
    }

    /** The number of pfns; the first pfn behind the guest's memory. */
    int end() {
        return frames.length;
    }

    /** The machine frame of a page; {@link #NONE} if it has none. */
    long frame(long pfn) {
        return pfn >= 0 && pfn < frames.length ? frames[(int) pfn] : NONE;
    }

    /** The machine frames of pages. */
    long[] frames(long[] pfns) {
        return Arrays.stream(pfns).map(this::frame).toArray();
    }

    /** The page at a machine frame; empty if the guest has none there. */
    OptionalLong pfn(long frame) {
        if (frame < 0 || frame >= 1L << FRAME_BITS) {
            return OptionalLong.empty();
        }
        int found = Arrays.binarySearch(byFrame, frame << PFN_BITS);
        int index = found < 0 ? -1 - found : found;
        return index < byFrame.length && byFrame[index] >>> PFN_BITS == frame
                ? OptionalLong.of(byFrame[index] & PFN_MASK)
                : OptionalLong.empty();
    }

    /** The pfns that have a machine frame. */
    BitSet present() {
        BitSet present = new BitSet(frames.length);
        for (int pfn = 0; pfn < frames.length; pfn++) {
            if (frames[pfn] != NONE) {
                present.set(pfn);
            }
        }
        return present;
    }

    /**
     * The same without the frames of some pages.
     *
     * @param absent pfns
     */
    PvFrames without(BitSet absent) {
        if (absent.isEmpty()) {
            return this;
        }
        long[] left = frames.clone();
        absent.stream().forEach(pfn -> left[pfn] = NONE);
        return new PvFrames(left);
    }

    /** A machine frame that two pages claim; empty if there is none. */
    OptionalLong claimedTwice() {
        for (int i = 1; i < byFrame.length; i++) {
            if (byFrame[i] >>> PFN_BITS == byFrame[i - 1] >>> PFN_BITS) {
                return OptionalLong.of(byFrame[i] >>> PFN_BITS);
            }
        }
        return OptionalLong.empty();
    }
}
