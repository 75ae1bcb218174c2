// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * A domain's map from guest frames to machine frames (Xen's p2m), as runs of entries of one type and one size.
 * An entry maps 1, 512 or 262144 frames. Changing a part of a large entry splits it, as hardware page tables
 * demand; entries are never joined again.
 */
final class GfnMap {
    static final int ORDER_2M = 9;
    static final int ORDER_1G = 18;
    static final long NO_MFN = -1;

    private static final long GFN_END = 1L << 40;

    private final TreeMap<Long, Run> runs = new TreeMap<>();
    private final int largestOrder;
    private long highest;

    /**
     * Neighbouring entries of one type and size.
     *
     * @param first first gfn
     * @param pages length
     * @param type type of the entries
     * @param order log2 of the pages of each entry: 0, 9 or 18
     * @param mfn machine frame of the first gfn, the others follow; {@link #NO_MFN} if there is none
     */
    record Run(long first, long pages, GfnType type, int order, long mfn) {
        long end() {
            return first + pages;
        }

        long mfnOf(long gfn) {
            return mfn == NO_MFN ? NO_MFN : mfn + (gfn - first);
        }

        private Run part(long from, long to, int newOrder) {
            return new Run(from, to - from, type, newOrder, mfnOf(from));
        }
    }

    /**
     * Creates an empty map.
     *
     * @param largestOrder the largest entry that the hardware supports: 0, 9 or 18
     */
    GfnMap(int largestOrder) {
        this.largestOrder = largestOrder;
    }

    /** The run that contains the gfn; the run of a hole reaches from the entry before it to the entry after it. */
    Run at(long gfn) {
        Map.Entry<Long, Run> floor = runs.floorEntry(gfn);
        if (floor != null && floor.getValue().end() > gfn) {
            return floor.getValue();
        }
        long first = floor == null ? 0 : floor.getValue().end();
        Long next = runs.higherKey(gfn);
        long beyond = gfn < GFN_END ? GFN_END : Long.MAX_VALUE;
        return new Run(first, (next == null ? beyond : next) - first, GfnType.HOLE, 0, NO_MFN);
    }

    /** Whether {@code 2^order} frames from this one lie in the guest's address space. */
    static boolean covers(long gfn, int order) {
        return gfn >= 0 && gfn <= GFN_END - (1L << order);
    }

    /** The number of these gfns that have that type. */
    long count(long gfn, long pages, GfnType type) {
        long found = 0;
        for (long at = gfn; at < gfn + pages; ) {
            Run run = at(at);
            long end = Math.min(run.end(), gfn + pages);
            if (run.type() == type) {
                found += end - at;
            }
            at = end;
        }
        return found;
    }

    /** Maps {@code 2^order} gfns, in the largest entries that size, alignment and hardware allow. */
    void set(long gfn, int order, GfnType type, long mfn) {
        long pages = 1L << order;
        long alignment = gfn | pages | (mfn == NO_MFN ? 0 : mfn);
        int entryOrder = 0;
        if (largestOrder >= ORDER_1G && aligned(alignment, ORDER_1G)) {
            entryOrder = ORDER_1G;
        } else if (largestOrder >= ORDER_2M && aligned(alignment, ORDER_2M)) {
            entryOrder = ORDER_2M;
        }
        clear(gfn, pages);
        insert(new Run(gfn, pages, type, entryOrder, mfn));
        highest = Math.max(highest, gfn + pages - 1);
    }

    /** Unmaps gfns. */
    void clear(long gfn, long pages) {
        splitAt(gfn);
        splitAt(gfn + pages);
        runs.subMap(gfn, gfn + pages).clear();
    }

    /** Rewrites the entry that holds the gfn as entries of the next smaller size. */
    void shatter(long gfn) {
        Run run = at(gfn);
        int order = run.order();
        long entry = gfn & -(1L << order);
        long end = entry + (1L << order);
        splitAt(entry);
        splitAt(end);
        // Do not join it with its neighbours: the caller may just have separated them.
        runs.put(entry, run.part(entry, end, order == ORDER_1G ? ORDER_2M : 0));
    }

    private void insert(Run run) {
        Run merged = run;
        Map.Entry<Long, Run> left = runs.lowerEntry(run.first());
        if (left != null && continues(left.getValue(), merged)) {
            merged = left.getValue().part(left.getKey(), merged.end(), merged.order());
        }
        Run right = runs.get(run.end());
        if (right != null && continues(merged, right)) {
            runs.remove(right.first());
            merged = merged.part(merged.first(), right.end(), merged.order());
        }
        runs.put(merged.first(), merged);
    }

    private static boolean continues(Run left, Run right) {
        return left.end() == right.first()
                && left.type() == right.type()
                && left.order() == right.order()
                && left.mfnOf(left.end()) == right.mfn();
    }

    private void splitAt(long gfn) {
        Map.Entry<Long, Run> floor = runs.lowerEntry(gfn);
        if (floor == null || floor.getValue().end() <= gfn) {
            return;
        }
        Run run = floor.getValue();
        if (aligned(gfn, run.order())) {
            runs.put(run.first(), run.part(run.first(), gfn, run.order()));
            runs.put(gfn, run.part(gfn, run.end(), run.order()));
        } else {
            shatter(gfn);
            splitAt(gfn);
        }
    }

    private static boolean aligned(long number, int order) {
        return (number & ((1L << order) - 1)) == 0;
    }

    /** All runs, ascending. */
    Collection<Run> runs() {
        return runs.values();
    }

    /** The highest gfn that was ever mapped; 0 at first. */
    long highestEverMapped() {
        return highest;
    }

    void removeAll() {
        runs.clear();
    }
}
