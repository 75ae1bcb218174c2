// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The host's heap: pages that no domain owns, and what domains have claimed of them. Lowest address first, so that
 * successive allocations are contiguous; blocks of 2 MiB stay whole for as long as there are broken ones to take
 * single pages from.
 */
public final class HostMemory {
    private static final int BLOCK_ORDER = 9;
    private static final int BLOCK = 1 << BLOCK_ORDER;

    private final long total;
    private final RangeSet wholeBlocks = new RangeSet();
    private final TreeMap<Long, BitSet> brokenBlocks = new TreeMap<>();
    private long free;
    private long claimed;

    /** A run of machine frames. */
    public record Frames(long first, long count) {}

    /**
     * @param pages all the memory there is, free at first
     */
    public HostMemory(long pages) {
        total = pages;
        release(0, pages);
    }

    /** All pages of the host. */
    public long totalPages() {
        return total;
    }

    /** Pages that nobody owns, claimed ones included. */
    public long freePages() {
        return free;
    }

    /** Free pages that domains have claimed and not yet taken. */
    public long claimedPages() {
        return claimed;
    }

    /** Changes the sum of all claims. */
    void adjustClaims(long pages) {
        claimed += pages;
    }

    /**
     * Pages for Xen's own use, which no claim covers; they need not be contiguous.
     *
     * @return empty if unclaimed memory does not suffice
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
     * {@code 2^order} contiguous pages, aligned to their size.
     *
     * @param ownClaim what the receiving domain has claimed; others' claims are not given away
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
        for (Map.Entry<Long, Long> range : wholeBlocks.ranges().entrySet()) {
            long first = (range.getKey() + blocks - 1) & -blocks;
            if (first + blocks <= range.getValue()) {
                wholeBlocks.remove(first, first + blocks);
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

    /** Gives pages back. */
    public void release(long first, long count) {
        long at = first;
        long end = first + count;
        while (at < end) {
            long block = at >> BLOCK_ORDER;
            if ((at & (BLOCK - 1)) == 0 && end - at >= BLOCK) {
                long endBlock = end >> BLOCK_ORDER;
                wholeBlocks.add(block, endBlock);
                at = endBlock << BLOCK_ORDER;
            } else {
                long stop = Math.min(end, (block + 1) << BLOCK_ORDER);
                BitSet pages = brokenBlocks.computeIfAbsent(block, b -> new BitSet(BLOCK));
                pages.set((int) (at & (BLOCK - 1)), (int) (stop - (block << BLOCK_ORDER)));
                if (pages.cardinality() == BLOCK) {
                    brokenBlocks.remove(block);
                    wholeBlocks.add(block, block + 1);
                }
                at = stop;
            }
        }
        free += count;
    }
}
