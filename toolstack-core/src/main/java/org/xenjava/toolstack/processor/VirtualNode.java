// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.processor;

import java.util.List;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * A NUMA node that a guest sees. The guest's nodes have numbers from 0 on, in the order of the configuration.
 *
 * @param physicalNode the host's node that has the memory, from 0 on
 * @param memory size of the node's memory, whole MiB; that of node 0 includes the video RAM
 * @param vcpus numbers of the node's vCPUs
 * @param distances relative costs of accesses from this node to each of the guest's nodes, 0 … 255; 10 is the cost of
 *     an access inside a node
 */
public record VirtualNode(int physicalNode, KiB memory, CpuSet vcpus, List<Integer> distances) {
    /** A hypercall has a byte for the number of a node; 255 stands for no node. */
    private static final int GREATEST_NODE = 254;

    /** A distance is a byte of the guest's ACPI tables. */
    private static final int GREATEST_DISTANCE = 255;

    /**
     * Checks the values and copies the list, so that the record is immutable.
     *
     * @param physicalNode the host's node that has the memory, from 0 on
     * @param memory size of the node's memory, whole MiB; that of node 0 includes the video RAM
     * @param vcpus numbers of the node's vCPUs
     * @param distances relative costs of accesses from this node to each of the guest's nodes, 0 … 255
     * @throws ConfigException if a value is out of range
     */
    public VirtualNode {
        distances = List.copyOf(distances);
        require("pnode", physicalNode, GREATEST_NODE);
        distances.forEach(distance -> require("a distance of vdistances", distance, GREATEST_DISTANCE));
        if (!memory.isMultipleOfMiB()) {
            throw new ConfigException("size is whole MiB, not " + memory);
        }
    }

    private static void require(String what, int value, int most) {
        if (value < 0 || value > most) {
            throw new ConfigException(what + " is 0 … " + most + ", not " + value);
        }
    }
}
