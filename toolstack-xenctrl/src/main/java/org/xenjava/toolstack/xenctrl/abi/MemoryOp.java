// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

import java.util.OptionalInt;

/** Sub-commands of {@code memory_op} with their structs ({@code xen/include/public/memory.h}). */
public enum MemoryOp {
    INCREASE_RESERVATION(0, "xen_memory_reservation"),
    DECREASE_RESERVATION(1, "xen_memory_reservation"),
    POPULATE_PHYSMAP(6, "xen_memory_reservation"),
    ADD_TO_PHYSMAP(7, "xen_add_to_physmap"),
    MACHINE_MEMORY_MAP(10, "xen_memory_map"),
    SET_MEMORY_MAP(13, "xen_foreign_memory_map"),
    REMOVE_FROM_PHYSMAP(15, "xen_remove_from_physmap"),
    SET_POD_TARGET(16, "xen_pod_target"),
    GET_POD_TARGET(17, "xen_pod_target"),
    CLAIM_PAGES(24, "xen_memory_reservation"),
    GET_VNUMAINFO(26, "xen_vnuma_topology_info"),
    RESERVED_DEVICE_MEMORY_MAP(27, "xen_reserved_device_memory_map");

    /** Populates with populate-on-demand entries instead of pages. */
    public static final int XENMEMF_POPULATE_ON_DEMAND = 0x10000;

    /** Takes pages from a node that {@link #exactNode} encodes, and from no other ({@code XENMEMF_exact_node_request}). */
    public static final int XENMEMF_EXACT_NODE_REQUEST = 0x20000;

    private static final int XENMEMF_NODE_SHIFT = 8;
    private static final int XENMEMF_NODE_MASK = 0xFF;

    /** Sub-commands that take a bare domid: pages that a domain owns, and pages that it may own. */
    public static final int CURRENT_RESERVATION = 3;

    public static final int MAXIMUM_RESERVATION = 4;

    /** Argument: a bare domid. */
    public static final int MAXIMUM_GPFN = 14;

    /** Sub-commands without an argument: pages that sharing has freed, and pages that are shared. */
    public static final int GET_SHARING_FREED_PAGES = 18;

    public static final int GET_SHARING_SHARED_PAGES = 19;

    /** {@code space} of add_to_physmap that moves a page of the domain. */
    public static final int XENMAPSPACE_GMFN = 2;

    /** Flag of reserved_device_memory_map: the ranges of all devices. */
    public static final int XENMEM_RDM_ALL = 1;

    /** Resource type of a domain's grant table; id 0 is the shared table. */
    public static final int XENMEM_RESOURCE_GRANT_TABLE = 1;

    private final int number;
    private final String struct;

    MemoryOp(int number, String struct) {
        this.number = number;
        this.struct = struct;
    }

    public int number() {
        return number;
    }

    /** Flags of populate_physmap that take the pages from one NUMA node of the host ({@code XENMEMF_exact_node}). */
    public static int exactNode(int node) {
        return XENMEMF_EXACT_NODE_REQUEST | (node + 1 & XENMEMF_NODE_MASK) << XENMEMF_NODE_SHIFT;
    }

    /** The node in the flags of populate_physmap; empty if they have none. */
    public static OptionalInt node(int memFlags) {
        int encoded = memFlags >> XENMEMF_NODE_SHIFT & XENMEMF_NODE_MASK;
        return encoded == 0 ? OptionalInt.empty() : OptionalInt.of(encoded - 1);
    }

    /** The tag of the argument's struct. */
    public String struct() {
        return struct;
    }
}
