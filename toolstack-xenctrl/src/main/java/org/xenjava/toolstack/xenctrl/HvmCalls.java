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
     * {@code XEN_DOMCTL_sendtrigger}. A button that the guest's machine does not have has no effect and is no error.
     *
     * @param trigger such as {@link DomctlOp#SENDTRIGGER_POWER}; ENOSYS if Xen does not know it
     * @param vcpu the vCPU that gets an NMI; ignored for other triggers
     */
    public void sendTrigger(int domid, int trigger, int vcpu) {
        try (PreparedCall call = calls.domctl(DomctlOp.SENDTRIGGER, domid)) {
            call.body().set("trigger", trigger).set("vcpu", vcpu);
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_gethvmcontext}: the domain's HVM save records. The size depends on the number of vCPUs. Xen is
     * asked for it only if the largest known size is too small.
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

    /** {@code XEN_DOMCTL_sethvmcontext}: takes all vCPUs down and brings those with a CPU record up. */
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
