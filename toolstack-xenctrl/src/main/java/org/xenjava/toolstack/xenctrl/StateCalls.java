// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.ByteBuffer;
import java.util.BitSet;
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
            long[] answers = new long[gfns.length];
            array.bytes().asLongBuffer().get(answers);
            int[] types = new int[gfns.length];
            for (int i = 0; i < types.length; i++) {
                types[i] = (int) (answers[i] >>> TYPE_SHIFT & TYPE_MASK);
            }
            return types;
        }
    }

    /** Ways to read the log of written frames. */
    public enum DirtyScan {
        /** The log stays as it is. */
        PEEK(DomctlOp.SHADOW_OP_PEEK, 0),
        /** The log is emptied. */
        CLEAN(DomctlOp.SHADOW_OP_CLEAN, 0),
        /** The log of a stopped guest is emptied; frames that Xen itself keeps mapped count as written. */
        FINAL(DomctlOp.SHADOW_OP_CLEAN, DomctlOp.SHADOW_LOGDIRTY_FINAL);

        private final int op;
        private final int mode;

        DirtyScan(int op, int mode) {
            this.op = op;
            this.mode = mode;
        }
    }

    /** {@code XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY}: logs the frames that are written; EINVAL if they are logged. */
    public void enableDirtyLog(int domid) {
        shadowOp(domid, DomctlOp.SHADOW_OP_ENABLE_LOGDIRTY);
    }

    /** {@code XEN_DOMCTL_SHADOW_OP_OFF}: ends the log. Does nothing if there is none. */
    public void disableDirtyLog(int domid) {
        shadowOp(domid, DomctlOp.SHADOW_OP_OFF);
    }

    private void shadowOp(int domid, int op) {
        try (PreparedCall call = calls.domctl(DomctlOp.SHADOW_OP, domid)) {
            call.body().set("op", op);
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_SHADOW_OP_CLEAN} and {@code PEEK}: reads the log of written frames.
     *
     * @param frames number of frames from 0 on
     * @return the frames that were written; frames that Xen's answer does not cover count as written
     */
    public BitSet dirtyFrames(int domid, long frames, DirtyScan scan) {
        int bytes = Math.toIntExact((frames + Long.SIZE - 1) / Long.SIZE * Long.BYTES);
        try (HypercallBuffer bitmap = calls.buffer(bytes);
                PreparedCall call = calls.domctl(DomctlOp.SHADOW_OP, domid)) {
            call.body()
                    .set("op", scan.op)
                    .set("mode", scan.mode)
                    .set("dirty_bitmap", bitmap.address())
                    .set("pages", frames);
            call.issue();
            BitSet written = BitSet.valueOf(bitmap.bytes().limit(bytes));
            written.set(Math.toIntExact(Math.min(call.body().get("pages"), frames)), Math.toIntExact(frames));
            return written;
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

    /**
     * {@code XEN_DOMCTL_get_address_size}.
     *
     * @param domid number of the domain
     * @return the bits of an address: 32 for a PV guest with a 32-bit kernel, and 64 for all other domains
     */
    public int addressBits(int domid) {
        try (PreparedCall call = calls.domctl(DomctlOp.GET_ADDRESS_SIZE, domid)) {
            call.issue();
            return call.body().getInt("size");
        }
    }

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
