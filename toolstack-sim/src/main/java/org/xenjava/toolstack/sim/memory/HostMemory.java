// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import com.google.common.collect.Range;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;

/**
 * The host's heap: pages that no domain owns, and the domains' claims on them. Each NUMA node has its own part; an
 * allocation takes the nodes in turn, those that the domain prefers first, as Xen does.
 */
public final class HostMemory {
    private final long total;
    private final List<NodeHeap> nodes = new ArrayList<>();
    private long claimed;
    private int lastNode;

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
     * @param nodeCount number of NUMA nodes, which have equal parts of the memory
     */
    public HostMemory(long pages, int nodeCount) {
        total = pages;
        long first = 0;
        for (int node = 1; node <= nodeCount; node++) {
            long end = node == nodeCount ? pages : pages * node / nodeCount / NodeHeap.BLOCK * NodeHeap.BLOCK;
            nodes.add(new NodeHeap(first, end - first));
            first = end;
        }
    }

    /** The number of NUMA nodes. */
    public int nodes() {
        return nodes.size();
    }

    /** The number of pages of a node. */
    public long pagesOf(int node) {
        return nodes.get(node).pages();
    }

    /** The number of free pages of a node. */
    public long freeOf(int node) {
        return nodes.get(node).free();
    }

    /** The node of a frame. */
    public int nodeOf(long mfn) {
        int node = 0;
        while (mfn >= nodes.get(node).end()) {
            node++;
        }
        return node;
    }

    /** The number of those frames that are a node's. */
    long partOf(int node, long first, long count) {
        NodeHeap heap = nodes.get(node);
        long start = heap.end() - heap.pages();
        return Math.max(0, Math.min(first + count, heap.end()) - Math.max(first, start));
    }

    /** The number of all pages of the host. */
    public long totalPages() {
        return total;
    }

    /** The number of pages that no domain owns, claimed ones included. */
    public long freePages() {
        return nodes.stream().mapToLong(NodeHeap::free).sum();
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
        if (claimed + pages > freePages()) {
            return taken;
        }
        long left = pages;
        while (left > 0) {
            boolean whole = left >= NodeHeap.BLOCK && nodes.stream().anyMatch(NodeHeap::hasWholeBlocks);
            int order = whole ? NodeHeap.BLOCK_ORDER : 0;
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

    /** Takes pages from any node. */
    OptionalLong allocate(int order, long ownClaim) {
        return allocate(order, ownClaim, new BitSet());
    }

    /**
     * Takes {@code 2^order} contiguous pages, aligned to their size.
     *
     * @param ownClaim pages that the receiving domain has claimed; other domains' claims stay reserved
     * @param preferred the nodes to take first, in turn; none for all of them
     */
    OptionalLong allocate(int order, long ownClaim, BitSet preferred) {
        if (isClaimed(order, ownClaim)) {
            return OptionalLong.empty();
        }
        for (boolean wanted : new boolean[] {true, false}) {
            for (int turn = 1; turn <= nodes.size(); turn++) {
                int node = (lastNode + turn) % nodes.size();
                boolean isPreferred = preferred.isEmpty() || preferred.get(node);
                OptionalLong first = isPreferred == wanted ? nodes.get(node).allocate(order) : OptionalLong.empty();
                if (first.isPresent()) {
                    lastNode = node;
                    return first;
                }
            }
        }
        return OptionalLong.empty();
    }

    /** Takes contiguous pages from one node; empty if it has none. */
    OptionalLong allocateFrom(int node, int order, long ownClaim) {
        return node >= nodes.size() || isClaimed(order, ownClaim)
                ? OptionalLong.empty()
                : nodes.get(node).allocate(order);
    }

    /** Whether other domains have claimed the pages. */
    private boolean isClaimed(int order, long ownClaim) {
        long request = 1L << order;
        return claimed + request > freePages() && ownClaim < request;
    }

    /** Gives pages back to the heap. */
    public void release(long first, long count) {
        long at = first;
        while (at < first + count) {
            NodeHeap node = nodes.get(nodeOf(at));
            long end = Math.min(node.end(), first + count);
            node.release(at, end - at);
            at = end;
        }
    }
}
