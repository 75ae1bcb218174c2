// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

/** Hypercall numbers ({@code xen/include/public/xen.h}), the same on every release. */
public enum Hypercall {
    MEMORY_OP(12),
    MULTICALL(13),
    XEN_VERSION(17),
    GRANT_TABLE_OP(20),
    MMUEXT_OP(26),
    XSM_OP(27),
    SCHED_OP(29),
    EVENT_CHANNEL_OP(32),
    PHYSDEV_OP(33),
    HVM_OP(34),
    SYSCTL(35),
    DOMCTL(36),
    DM_OP(41),
    HYPFS_OP(42);

    private final int number;

    Hypercall(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }
}
