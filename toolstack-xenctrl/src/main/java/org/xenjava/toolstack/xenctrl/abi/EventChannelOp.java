// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

/** Sub-commands of {@code event_channel_op} ({@code xen/include/public/event_channel.h}). */
public enum EventChannelOp {
    CLOSE(3, "evtchn_close"),
    STATUS(5, "evtchn_status"),
    ALLOC_UNBOUND(6, "evtchn_alloc_unbound");

    private final int number;
    private final String struct;

    EventChannelOp(int number, String struct) {
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
