// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

/** Sub-commands of {@code physdev_op} ({@code xen/include/public/physdev.h}). */
public enum PhysdevOp {
    MAP_PIRQ(13, "physdev_map_pirq"),
    UNMAP_PIRQ(14, "physdev_unmap_pirq");

    /** A kind of interrupt: that of a line, by its global number ({@code MAP_PIRQ_TYPE_GSI}). */
    public static final int MAP_PIRQ_TYPE_GSI = 1;

    private final int number;
    private final String struct;

    PhysdevOp(int number, String struct) {
        this.number = number;
        this.struct = struct;
    }

    public int number() {
        return number;
    }

    /** The tag of the argument's struct. */
    public String struct() {
        return struct;
    }
}
