// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import java.util.List;

/**
 * The places of CPUs, memory and PCI devices in a host.
 *
 * @param cpus the CPUs that are online
 * @param nodes the NUMA nodes, by number
 * @param devices the PCI devices whose node Xen knows
 */
public record HostTopology(List<Cpu> cpus, List<Node> nodes, List<Device> devices) {
    /**
     * Copies the lists, so that the record is immutable.
     *
     * @param cpus the CPUs that are online
     * @param nodes the NUMA nodes, by number
     * @param devices the PCI devices whose node Xen knows
     */
    public HostTopology {
        cpus = List.copyOf(cpus);
        nodes = List.copyOf(nodes);
        devices = List.copyOf(devices);
    }

    /**
     * A CPU.
     *
     * @param number number of the CPU
     * @param core number of its core in the socket
     * @param socket number of its socket
     * @param node number of its NUMA node
     */
    public record Cpu(int number, int core, int socket, int node) {}

    /**
     * A NUMA node.
     *
     * @param number number of the node
     * @param bytes size of its memory in bytes
     * @param freeBytes free part of its memory in bytes
     * @param distances relative costs of accesses from this node to each node
     */
    public record Node(int number, long bytes, long freeBytes, List<Integer> distances) {
        /**
         * Copies the list, so that the record is immutable.
         *
         * @param number number of the node
         * @param bytes size of its memory in bytes
         * @param freeBytes free part of its memory in bytes
         * @param distances relative costs of accesses from this node to each node
         */
        public Node {
            distances = List.copyOf(distances);
        }
    }

    /**
     * A PCI device.
     *
     * @param address address of the device, such as {@code 0000:00:1f.2}
     * @param node number of its NUMA node
     */
    public record Device(String address, int node) {}
}
