// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.xenjava.toolstack.dump.GuestFrames;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The guest frames of a domain that a save asks Xen about, in windows of 4 MiB. First come the frames where guests have
 * pages; asking about all frames up to the highest costs more than a thousand calls for the smallest PVH guest.
 */
final class SavedFrames {
    private static final int WINDOW = 1024;

    /** RAM may end anywhere in the first of them. */
    private static final int WINDOWS_OF_ROMS = 2;

    private SavedFrames() {}

    /** The frames where guests of that size have pages. */
    static List<long[]> likely(KiB size) {
        return windows(GuestFrames.of(size));
    }

    /**
     * The other frames, up to the highest one. First come those where the QEMU of an HVM guest has pages: its ROMs begin where
     * the guest's RAM ends, and the memory of its cards is mapped below 4 GiB, from the top of the hole for devices down.
     */
    static List<long[]> others(KiB size, long highest) {
        List<long[]> windows = gaps(size, highest);
        int aboveRam = Math.min(WINDOWS_OF_ROMS, windows.size());
        int low = (int) windows.stream()
                .takeWhile(window -> window[0] < GuestFrames.FIRST_HIGH)
                .count();
        Collections.reverse(windows.subList(aboveRam, Math.max(aboveRam, low)));
        return windows;
    }

    private static List<long[]> gaps(KiB size, long highest) {
        List<GuestFrames.Run> gaps = new ArrayList<>();
        long at = 0;
        for (GuestFrames.Run run : GuestFrames.of(size)) {
            if (at < run.first()) {
                gaps.add(new GuestFrames.Run(at, Math.min(run.first(), highest + 1)));
            }
            at = Math.max(at, run.end());
        }
        if (at <= highest) {
            gaps.add(new GuestFrames.Run(at, highest + 1));
        }
        gaps.removeIf(run -> run.first() >= run.end());
        return windows(gaps);
    }

    /** Some frames, in windows of as many frames as Xen takes in a call. */
    static List<long[]> windows(BitSet frames) {
        int left = frames.cardinality();
        List<long[]> windows = new ArrayList<>();
        int frame = 0;
        while (left > 0) {
            long[] window = new long[Math.min(WINDOW, left)];
            for (int i = 0; i < window.length; i++) {
                frame = frames.nextSetBit(frame);
                window[i] = frame++;
            }
            windows.add(window);
            left -= window.length;
        }
        return windows;
    }

    private static List<long[]> windows(List<GuestFrames.Run> runs) {
        List<long[]> windows = new ArrayList<>();
        for (GuestFrames.Run run : runs) {
            long first = run.first();
            while (first < run.end()) {
                long end = Math.min(run.end(), (first / WINDOW + 1) * WINDOW);
                windows.add(LongStream.range(first, end).toArray());
                first = end;
            }
        }
        return windows;
    }
}
