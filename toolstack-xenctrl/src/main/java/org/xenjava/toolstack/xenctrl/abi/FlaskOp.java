// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

/** Sub-commands of {@code xsm_op} of Flask, Xen's security module ({@code xen/include/public/xsm/flask_op.h}). */
public enum FlaskOp {
    LOAD(1, "xen_flask_load"),
    GETENFORCE(2, ""),
    SETENFORCE(3, "xen_flask_setenforce"),
    CONTEXT_TO_SID(4, "xen_flask_sid_context"),
    SID_TO_CONTEXT(5, "xen_flask_sid_context");

    /** Offset of the sub-command's struct inside {@code xen_flask_op}, in bytes. */
    public static final int UNION_OFFSET = 8;

    private final int number;
    private final String struct;

    FlaskOp(int number, String struct) {
        this.number = number;
        this.struct = struct;
    }

    public int number() {
        return number;
    }

    /** The tag of the union member's struct; empty if the command has none. */
    public String struct() {
        return struct;
    }
}
