// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The host's heap: pages that no domain owns, and the domains' claims on them. Allocation starts at the lowest
 * address, so that successive allocations are contiguous. Single pages come from broken blocks of 2 MiB as long as
 * there are any, so that whole blocks stay whole.
 */
public final class HostMemory {
    private static final int BLOCK_ORDER = 9;
    private static final int BLOCK = 1 << BLOCK_ORDER;

    private final long total;
    private final RangeSet<Long> wholeBlocks = TreeRangeSet.create();
    private final TreeMap<Long, BitSet> brokenBlocks = new TreeMap<>();
    private long free;
    private long claimed;

    /**
     * A run of machine frames.
     *
     * @param first number of the first frame
     * @param count number of frames
     */
    public record Frames(long first, long count) {
        /** That many consecutive numbers as a range. */
        static Range<Long> range(long first, long count) {
            return Range.closedOpen(first, first + count);
        }
    }

    /**
     * Creates a heap with all its memory free.
     *
     * @param pages size of the memory
     */
    public HostMemory(long pages) {
        total = pages;
        release(0, pages);
    }

    /** The number of all pages of the host. */
    public long totalPages() {
        return total;
    }

    /** The number of pages that no domain owns, claimed ones included. */
    public long freePages() {
        return free;
    }

    /** The number of free pages that domains have claimed and not yet taken. */
    public long claimedPages() {
        return claimed;
    }

    /** Changes the sum of all claims. */
    void adjustClaims(long pages) {
        claimed += pages;
    }

    /**
     * Takes pages for Xen's own use, which no claim covers. They need not be contiguous.
     *
     * @return empty if there is not enough unclaimed memory
     */
    public List<Frames> takeLoose(long pages) {
        List<Frames> taken = new ArrayList<>();
        if (claimed + pages > free) {
            return taken;
        }
        long left = pages;
        while (left > 0) {
            int order = left >= BLOCK && !wholeBlocks.isEmpty() ? BLOCK_ORDER : 0;
            long first = allocate(order, 0).orElseThrow();
            long count = 1L << order;
            int last = taken.size() - 1;
            if (last >= 0 && taken.get(last).first() + taken.get(last).count() == first) {
                taken.set(
                        last,
                        new Frames(taken.get(last).first(), taken.get(last).count() + count));
            } else {
                taken.add(new Frames(first, count));
            }
            left -= count;
        }
        return taken;
    }

    /**
     * Takes {@code 2^order} contiguous pages, aligned to their size.
     *
     * @param ownClaim pages that the receiving domain has claimed; other domains' claims stay reserved
     */
    OptionalLong allocate(int order, long ownClaim) {
        long request = 1L << order;
        if (claimed + request > free && ownClaim < request) {
            return OptionalLong.empty();
        }
        OptionalLong first = order < BLOCK_ORDER ? fromBrokenBlock(order) : wholeBlocks(order);
        if (first.isEmpty() && order < BLOCK_ORDER) {
            OptionalLong block = wholeBlocks(BLOCK_ORDER);
            if (block.isPresent()) {
                BitSet rest = new BitSet(BLOCK);
                rest.set(1 << order, BLOCK);
                brokenBlocks.put(block.getAsLong() >> BLOCK_ORDER, rest);
            }
            first = block;
        }
        if (first.isPresent()) {
            free -= request;
        }
        return first;
    }

    private OptionalLong wholeBlocks(int order) {
        long blocks = 1L << (order - BLOCK_ORDER);
        for (Range<Long> range : wholeBlocks.asRanges()) {
            long first = (range.lowerEndpoint() + blocks - 1) & -blocks;
            if (first + blocks <= range.upperEndpoint()) {
                wholeBlocks.remove(Frames.range(first, blocks));
                return OptionalLong.of(first << BLOCK_ORDER);
            }
        }
        return OptionalLong.empty();
    }

    private OptionalLong fromBrokenBlock(int order) {
        int pages = 1 << order;
        for (Map.Entry<Long, BitSet> block : brokenBlocks.entrySet()) {
            BitSet pagesFree = block.getValue();
            for (int at = 0; at < BLOCK; at += pages) {
                int set = pagesFree.nextSetBit(at);
                if (set < 0) {
                    break;
                }
                at = set & -pages;
                if (at == set && pagesFree.nextClearBit(at) >= at + pages) {
                    pagesFree.clear(at, at + pages);
                    if (pagesFree.isEmpty()) {
                        brokenBlocks.remove(block.getKey());
                    }
                    return OptionalLong.of((block.getKey() << BLOCK_ORDER) + at);
                }
            }
        }
        return OptionalLong.empty();
    }

    /** Gives pages back to the heap. */
    public void release(long first, long count) {
        long at = first;
        long end = first + count;
        while (at < end) {
            long block = at >> BLOCK_ORDER;
            if ((at & (BLOCK - 1)) == 0 && end - at >= BLOCK) {
                long endBlock = end >> BLOCK_ORDER;
                wholeBlocks.add(Range.closedOpen(block, endBlock));
                at = endBlock << BLOCK_ORDER;
            } else {
                long stop = Math.min(end, (block + 1) << BLOCK_ORDER);
                BitSet pages = brokenBlocks.computeIfAbsent(block, b -> new BitSet(BLOCK));
                pages.set((int) (at & (BLOCK - 1)), (int) (stop - (block << BLOCK_ORDER)));
                if (pages.cardinality() == BLOCK) {
                    brokenBlocks.remove(block);
                    wholeBlocks.add(Frames.range(block, 1));
                }
                at = stop;
            }
        }
        free += count;
    }
}
