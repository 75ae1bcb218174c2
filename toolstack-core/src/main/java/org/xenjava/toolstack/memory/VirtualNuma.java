// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The NUMA nodes that a guest sees, with their addresses. As in libxl, the nodes follow each other from address 0 on. Their
 * ranges include the VGA hole and leave out the hole for devices: a node that reaches across that hole has two ranges.
 *
 * @param nodes the nodes by number; none for a guest without
 * @param ranges the ranges by address
 */
public record VirtualNuma(List<VirtualNode> nodes, List<NodeRange> ranges) {
    /** A guest that sees one node. */
    public static final VirtualNuma NONE = new VirtualNuma(List.of(), List.of());

    private static final long BYTES_PER_KIB = 1024;

    /**
     * A contiguous range of a node.
     *
     * @param ram the addresses
     * @param node number of the guest's node
     */
    public record NodeRange(RamRange ram, int node) {}

    /**
     * A part of the RAM, and where its pages come from.
     *
     * @param ram the addresses
     * @param physicalNode number of the host's node; empty if Xen chooses
     */
    public record Part(RamRange ram, OptionalInt physicalNode) {}

    /**
     * Copies the lists, so that the record is immutable.
     *
     * @param nodes the nodes by number; none for a guest without
     * @param ranges the ranges by address
     */
    public VirtualNuma {
        nodes = List.copyOf(nodes);
        ranges = List.copyOf(ranges);
    }

    /**
     * {@return the nodes of a guest with their addresses}
     *
     * @param nodes the nodes by number; their memory is that of the guest
     * @param videoRam the part of node 0 that is not RAM
     * @param lowMemEnd first byte behind the RAM below the hole for devices, which ends at 4 GiB
     */
    public static VirtualNuma of(List<VirtualNode> nodes, KiB videoRam, long lowMemEnd) {
        List<NodeRange> ranges = new ArrayList<>();
        long next = 0;
        for (int node = 0; node < nodes.size(); node++) {
            KiB ram = node == 0
                    ? nodes.get(0).memory().minus(videoRam)
                    : nodes.get(node).memory();
            for (long left = ram.value() * BYTES_PER_KIB; left > 0; ) {
                next = next == lowMemEnd ? GuestLayout.FOUR_GIB : next;
                long bytes = next < lowMemEnd ? Math.min(left, lowMemEnd - next) : left;
                ranges.add(new NodeRange(new RamRange(next, next + bytes), node));
                next += bytes;
                left -= bytes;
            }
        }
        return new VirtualNuma(nodes, ranges);
    }

    /** {@return whether the guest sees one node} */
    public boolean isNone() {
        return nodes.isEmpty();
    }

    /**
     * {@return the number of the guest's node of a vCPU}
     *
     * @param vcpu number of the vCPU
     */
    public int nodeOf(int vcpu) {
        return IntStream.range(0, nodes.size())
                .filter(node -> nodes.get(node).vcpus().contains(vcpu))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("vCPU " + vcpu + " is in no node"));
    }

    /**
     * {@return the RAM that comes from one node of the host}
     *
     * @param physicalNode number of the host's node
     */
    public Pages ramOn(int physicalNode) {
        return ranges.stream()
                .filter(range -> nodes.get(range.node()).physicalNode() == physicalNode)
                .map(range -> range.ram().pages())
                .reduce(Pages.ZERO, Pages::plus);
    }

    /**
     * {@return the RAM in parts of which each comes from one node of the host}
     *
     * @param ram the ranges of RAM by address
     */
    List<Part> parts(List<RamRange> ram) {
        if (isNone()) {
            return ram.stream()
                    .map(range -> new Part(range, OptionalInt.empty()))
                    .toList();
        }
        List<Part> parts = new ArrayList<>();
        for (RamRange range : ram) {
            for (NodeRange node : ranges) {
                long start = Math.max(range.start(), node.ram().start());
                long end = Math.min(range.end(), node.ram().end());
                if (start < end) {
                    parts.add(new Part(
                            new RamRange(start, end),
                            OptionalInt.of(nodes.get(node.node()).physicalNode())));
                }
            }
        }
        Pages covered = parts.stream().map(part -> part.ram().pages()).reduce(Pages.ZERO, Pages::plus);
        Pages all = ram.stream().map(RamRange::pages).reduce(Pages.ZERO, Pages::plus);
        if (!covered.equals(all)) {
            throw new IllegalStateException("the NUMA nodes have " + covered + " of " + all + " of RAM");
        }
        return List.copyOf(parts);
    }
}
