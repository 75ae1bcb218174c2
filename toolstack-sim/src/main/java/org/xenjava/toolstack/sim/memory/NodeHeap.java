// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.BitSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.xenjava.toolstack.sim.memory.HostMemory.Frames;

/**
 * The free pages of one NUMA node. Allocation starts at the lowest address, so that successive allocations are
 * contiguous. Single pages come from broken blocks of 2 MiB as long as there are any, so that whole blocks stay whole.
 */
final class NodeHeap {
    static final int BLOCK_ORDER = 9;
    static final int BLOCK = 1 << BLOCK_ORDER;

    private final long first;
    private final long pages;
    private final RangeSet<Long> wholeBlocks = TreeRangeSet.create();
    private final TreeMap<Long, BitSet> brokenBlocks = new TreeMap<>();
    private long free;

    NodeHeap(long first, long pages) {
        this.first = first;
        this.pages = pages;
        release(first, pages);
    }

    long pages() {
        return pages;
    }

    long free() {
        return free;
    }

    boolean hasWholeBlocks() {
        return !wholeBlocks.isEmpty();
    }

    /** The first frame behind this node's. */
    long end() {
        return first + pages;
    }

    /** Takes {@code 2^order} contiguous pages, aligned to their size. */
    OptionalLong allocate(int order) {
        OptionalLong found = order < BLOCK_ORDER ? fromBrokenBlock(order) : wholeBlocks(order);
        if (found.isEmpty() && order < BLOCK_ORDER) {
            OptionalLong block = wholeBlocks(BLOCK_ORDER);
            if (block.isPresent()) {
                BitSet rest = new BitSet(BLOCK);
                rest.set(1 << order, BLOCK);
                brokenBlocks.put(block.getAsLong() >> BLOCK_ORDER, rest);
            }
            found = block;
        }
        if (found.isPresent()) {
            free -= 1L << order;
        }
        return found;
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

    /** Gives pages back. */
    void release(long from, long count) {
        long at = from;
        long end = from + count;
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
