// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.charset.StandardCharsets;
import org.xenjava.toolstack.xenctrl.abi.FlaskOp;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/** Hypercalls to Flask, the security module of Xen. Each is ENOSYS if the running Xen has no Flask. */
public final class FlaskCalls {
    private static final int LONGEST_CONTEXT = 1024;

    private final HypercallFactory calls;

    FlaskCalls(HypercallFactory calls) {
        this.calls = calls;
    }

    /** {@code FLASK_GETENFORCE}: false if Xen only logs what its policy forbids. */
    public boolean enforces() {
        try (PreparedCall call = calls.flaskOp(FlaskOp.GETENFORCE)) {
            return call.issue() != 0;
        }
    }

    /** {@code FLASK_SETENFORCE} with 1; EACCES if the policy does not allow it. */
    public void enforce() {
        setEnforcing(1);
    }

    /** {@code FLASK_SETENFORCE} with 0: Xen only logs what its policy forbids. EACCES if the policy does not allow it. */
    public void permit() {
        setEnforcing(0);
    }

    private void setEnforcing(int enforcing) {
        try (PreparedCall call = calls.flaskOp(FlaskOp.SETENFORCE)) {
            call.body().set("enforcing", enforcing);
            call.issue();
        }
    }

    /** {@code FLASK_LOAD}; EINVAL if it is no policy of this Xen. */
    public void load(byte[] policy) {
        try (HypercallBuffer buffer = calls.buffer(Math.max(1, policy.length));
                PreparedCall call = calls.flaskOp(FlaskOp.LOAD)) {
            buffer.bytes().put(0, policy);
            call.body().set("buffer", buffer.address()).set("size", policy.length);
            call.issue();
        }
    }

    /** {@code FLASK_CONTEXT_TO_SID}: the number of a label; EINVAL if the policy does not know the label. */
    public int sid(String label) {
        byte[] context = label.getBytes(StandardCharsets.UTF_8);
        try (HypercallBuffer buffer = calls.buffer(Math.max(1, context.length));
                PreparedCall call = calls.flaskOp(FlaskOp.CONTEXT_TO_SID)) {
            buffer.bytes().put(0, context);
            call.body().set("size", context.length).set("context", buffer.address());
            call.issue();
            return call.body().getInt("sid");
        }
    }

    /** {@code FLASK_SID_TO_CONTEXT}: the label with that number, such as {@code system_u:system_r:domU_t}. */
    public String label(int sid) {
        try (HypercallBuffer buffer = calls.buffer(LONGEST_CONTEXT);
                PreparedCall call = calls.flaskOp(FlaskOp.SID_TO_CONTEXT)) {
            call.body().set("sid", sid).set("size", LONGEST_CONTEXT).set("context", buffer.address());
            call.issue();
            byte[] label = new byte[Math.min(LONGEST_CONTEXT, call.body().getInt("size"))];
            buffer.bytes().get(0, label);
            String text = new String(label, StandardCharsets.UTF_8);
            int end = text.indexOf(0);
            return end < 0 ? text : text.substring(0, end);
        }
    }
}
