// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.ByteBuffer;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/**
 * Hypercalls that read the state of a stopped domain, write it into a new one, and let a stopped domain run again.
 * {@link HvmCalls} has the HVM parameters and save records.
 */
public final class StateCalls {
    /** The largest number of frames in a call ({@code xc_get_pfn_type_batch}; Xen answers E2BIG to more). */
    public static final int MOST_FRAMES = 1024;

    private static final int TYPE_SHIFT = 28;
    private static final long TYPE_MASK = 0xf;

    private final HypercallFactory calls;

    StateCalls(HypercallFactory calls) {
        this.calls = calls;
    }

    /** {@code XENMEM_maximum_gpfn}: the highest frame at which the domain has ever had something. */
    public long maximumGfn(int domid) {
        return calls.reservation("XENMEM_maximum_gpfn", MemoryOp.MAXIMUM_GPFN, domid)
                .count();
    }

    /**
     * {@code XEN_DOMCTL_getpageframeinfo3}: the types of frames. The call populates populate-on-demand entries.
     *
     * @param gfns at most {@link #MOST_FRAMES}
     * @return for each frame {@code XEN_DOMCTL_PFINFO_*} shifted down: 0 an ordinary page, 0xd a broken one, 0xf no
     *     page of RAM
     */
    public int[] frameTypes(int domid, long[] gfns) {
        try (HypercallBuffer array = calls.buffer(gfns.length * Long.BYTES);
                PreparedCall call = calls.domctl(DomctlOp.GETPAGEFRAMEINFO3, domid)) {
            array.bytes().asLongBuffer().put(gfns);
            call.body().set("num", gfns.length).set("array", array.address());
            call.issue();
            int[] types = new int[gfns.length];
            for (int i = 0; i < types.length; i++) {
                types[i] = (int) (array.bytes().getLong(i * Long.BYTES) >>> TYPE_SHIFT & TYPE_MASK);
            }
            return types;
        }
    }

    /**
     * A domain's time stamp counter.
     *
     * @param mode {@code TSC_MODE_*}
     * @param khz the frequency that the guest believes in
     * @param nanoseconds of the guest's time
     * @param incarnation number of earlier restores
     */
    public record TscState(int mode, int khz, long nanoseconds, int incarnation) {}

    /** {@code XEN_DOMCTL_gettscinfo}. */
    public TscState tsc(int domid) {
        try (PreparedCall call = calls.domctl(DomctlOp.GETTSCINFO, domid)) {
            call.issue();
            return new TscState(
                    call.body().getInt("tsc_mode"),
                    call.body().getInt("gtsc_khz"),
                    call.body().get("elapsed_nsec"),
                    call.body().getInt("incarnation"));
        }
    }

    /** {@code XEN_DOMCTL_settscinfo} of a counter that continues; Xen adds one to the incarnation. */
    public void setTsc(int domid, TscState tsc) {
        try (PreparedCall call = calls.domctl(DomctlOp.SETTSCINFO, domid)) {
            call.body()
                    .set("tsc_mode", tsc.mode())
                    .set("gtsc_khz", Integer.toUnsignedLong(tsc.khz()))
                    .set("incarnation", Integer.toUnsignedLong(tsc.incarnation()))
                    .set("elapsed_nsec", tsc.nanoseconds());
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_get_cpu_policy}: what the domain's vCPUs see.
     *
     * @param largest a policy of the host, whose size a domain's does not exceed
     */
    public CpuPolicy cpuPolicy(int domid, HostCalls.CpuPolicySize largest) {
        return CpuPolicyCodec.read(calls, largest, () -> calls.domctl(DomctlOp.GET_CPU_POLICY, domid));
    }

    /**
     * Sets what the guest's request to suspend returns once it runs again: 1, which says that it is still the same
     * domain ({@code XEN_DOMCTL_setvcpucontext} of the first vCPU).
     */
    public void setSuspendCancelled(int domid) {
        StructLayout layout = calls.abi().struct("vcpu_guest_context");
        try (HypercallBuffer buffer = calls.buffer(layout.size())) {
            vcpuContext(DomctlOp.GETVCPUCONTEXT, domid, buffer);
            StructView context = layout.at(buffer.bytes(), 0);
            StructView registers =
                    calls.abi().struct("cpu_user_regs").at(ByteBuffer.wrap(context.getBytes("user_regs")), 0);
            context.setBytes("user_regs", registers.set("rax", 1).toBytes());
            vcpuContext(DomctlOp.SETVCPUCONTEXT, domid, buffer);
        }
    }

    private void vcpuContext(DomctlOp op, int domid, HypercallBuffer context) {
        try (PreparedCall call = calls.domctl(op, domid)) {
            call.body().set("vcpu", 0).set("ctxt", context.address());
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_resumedomain}: a domain that has shut down runs again; EINVAL if it has not. */
    public void resume(int domid) {
        calls.domctlAndClose(DomctlOp.RESUMEDOMAIN, domid);
    }
}
