// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.List;

/**
 * The NUMA nodes that a guest sees, as Xen keeps them for the guest's firmware.
 *
 * @param physicalNodes the host's node of each of the guest's nodes
 * @param distances the relative costs of accesses from each node to each node, node by node
 * @param nodesOfVcpus number of the guest's node of each vCPU
 * @param ranges the addresses of the nodes
 */
public record VirtualTopology(
        List<Integer> physicalNodes, List<Integer> distances, List<Integer> nodesOfVcpus, List<Range> ranges) {
    /**
     * A range of guest-physical addresses.
     *
     * @param start first byte
     * @param end first byte behind the range
     * @param node number of the guest's node
     */
    public record Range(long start, long end, int node) {}

    public VirtualTopology {
        physicalNodes = List.copyOf(physicalNodes);
        distances = List.copyOf(distances);
        nodesOfVcpus = List.copyOf(nodesOfVcpus);
        ranges = List.copyOf(ranges);
    }
}
