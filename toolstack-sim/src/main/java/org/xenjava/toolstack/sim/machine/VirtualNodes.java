// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The NUMA nodes that a domain sees: the tables of {@code setvnumainfo}, checked as Xen checks them. */
public final class VirtualNodes {
    /** The limit that Xen was built with. */
    private static final int MAX_NODES = 64;

    private static final int PAGE_BYTES = 4096;
    private static final int RANGE_BYTES = 24;
    private static final int RANGE_FLAGS = 16;

    private final int nodes;
    private final byte[] distances;
    private final byte[] nodesOfVcpus;
    private final byte[] ranges;

    /**
     * Copies the tables.
     *
     * @param nodes number of nodes
     * @param distances {@code u32} for each pair of nodes
     * @param nodesOfVcpus {@code u32} for each vCPU
     * @param physicalNodes {@code u32} for each node
     * @param ranges {@code xen_vmemrange} for each range
     * @throws XenRefusal if Xen refuses a value in them
     */
    public VirtualNodes(int nodes, byte[] distances, byte[] nodesOfVcpus, byte[] physicalNodes, byte[] ranges) {
        this.nodes = nodes;
        this.distances = distances.clone();
        this.nodesOfVcpus = nodesOfVcpus.clone();
        this.ranges = ranges.clone();
        requireBelow(nodesOfVcpus, nodes);
        requireBelow(physicalNodes, MAX_NODES);
        ByteBuffer all = ByteBuffer.wrap(ranges).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < ranges.length; at += RANGE_BYTES) {
            if (all.getInt(at + RANGE_FLAGS) != 0) {
                throw new XenRefusal(Errno.EINVAL);
            }
        }
    }

    /**
     * Checks the sizes of the tables, as Xen does before it reads them.
     *
     * @param nodes number of nodes
     * @param ranges number of ranges
     */
    public static void requireSizes(long nodes, long ranges) {
        if (nodes == 0 || nodes > PAGE_BYTES / Integer.BYTES / nodes || ranges > PAGE_BYTES / RANGE_BYTES) {
            throw new XenRefusal(Errno.EINVAL);
        }
    }

    private static void requireBelow(byte[] table, int limit) {
        IntBuffer numbers =
                ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        while (numbers.hasRemaining()) {
            if (Integer.compareUnsigned(numbers.get(), limit) >= 0) {
                throw new XenRefusal(Errno.E2BIG);
            }
        }
    }

    /** The number of nodes. */
    public int nodes() {
        return nodes;
    }

    /** The number of ranges. */
    public int rangeCount() {
        return ranges.length / RANGE_BYTES;
    }

    /** The distance of each node to each node, as {@code u32}. */
    public byte[] distances() {
        return distances.clone();
    }

    /** The node of each vCPU, as {@code u32}. */
    public byte[] nodesOfVcpus() {
        return nodesOfVcpus.clone();
    }

    /** The ranges, as {@code xen_vmemrange}. */
    public byte[] ranges() {
        return ranges.clone();
    }
}
