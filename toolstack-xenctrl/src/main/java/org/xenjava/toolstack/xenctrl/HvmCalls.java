// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/** Hypercalls about the virtual machine of an HVM or PVH domain: HVM parameters and save records. */
public final class HvmCalls {
    private final HypercallFactory calls;
    private volatile int largestContext;

    HvmCalls(HypercallFactory calls) {
        this.calls = calls;
    }

    /**
     * {@code XEN_DOMCTL_sendtrigger}. A button that the guest's machine does not have is pressed without effect, and
     * without an error.
     *
     * @param trigger such as {@link DomctlOp#SENDTRIGGER_POWER}; ENOSYS if Xen does not know it
     * @param vcpu which one gets an NMI; of no meaning for others
     */
    public void sendTrigger(int domid, int trigger, int vcpu) {
        try (PreparedCall call = calls.domctl(DomctlOp.SENDTRIGGER, domid)) {
            call.body().set("trigger", trigger).set("vcpu", vcpu);
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_gethvmcontext}: the domain's HVM save records. Xen is asked for their size only if the largest
     * size that it has named yet is too small; it depends on the number of vCPUs.
     */
    public byte[] context(int domid) {
        int known = largestContext;
        if (known > 0) {
            try {
                return context(domid, known);
            } catch (HypercallException e) {
                if (!e.errno().equals(Errno.ENOSPC)) {
                    throw e;
                }
            }
        }
        int size;
        try (PreparedCall sizes = calls.domctl(DomctlOp.GETHVMCONTEXT, domid)) {
            sizes.issue();
            size = sizes.body().getInt("size");
        }
        largestContext = size;
        return context(domid, size);
    }

    private byte[] context(int domid, int size) {
        try (HypercallBuffer records = calls.buffer(size);
                PreparedCall call = calls.domctl(DomctlOp.GETHVMCONTEXT, domid)) {
            call.body().set("size", size).set("buffer", records.address());
            call.issue();
            byte[] used = new byte[call.body().getInt("size")];
            records.bytes().get(0, used);
            return used;
        }
    }

    /** {@code XEN_DOMCTL_sethvmcontext}: all vCPUs go down, those with a CPU record come up. */
    public void setContext(int domid, byte[] records) {
        try (HypercallBuffer buffer = calls.buffer(records.length);
                PreparedCall call = calls.domctl(DomctlOp.SETHVMCONTEXT, domid)) {
            buffer.bytes().put(records);
            call.body().set("size", records.length).set("buffer", buffer.address());
            call.issue();
        }
    }

    /** {@code HVMOP_set_param}. */
    public void setParam(int domid, HvmParam param, long value) {
        try (PreparedCall call = calls.hvmParam("HVMOP_set_param", HvmParam.HVMOP_SET_PARAM, domid, param)) {
            call.body().set("value", value);
            call.issue();
        }
    }

    /** {@code HVMOP_get_param}. */
    public long param(int domid, HvmParam param) {
        try (PreparedCall call = calls.hvmParam("HVMOP_get_param", HvmParam.HVMOP_GET_PARAM, domid, param)) {
            call.issue();
            return call.body().get("value");
        }
    }
}
