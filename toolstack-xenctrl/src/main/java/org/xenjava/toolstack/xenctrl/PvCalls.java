// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/** Hypercalls that move the page tables and the vCPUs of PV domains from one domain to another. */
public final class PvCalls {
    /** The largest number of tables in a call of {@link #pin}. */
    public static final int MOST_TABLES = 1024;

    /** The largest {@code struct xen_domctl_ext_vcpucontext}: all that a domctl has room for. */
    public static final int MOST_EXTENDED_BYTES = 128;

    /** Far more than the extended state of any processor so far. */
    private static final long MOST_STATE_BYTES = 1L << 20;

    private final HypercallFactory calls;

    PvCalls(HypercallFactory calls) {
        this.calls = calls;
    }

    /**
     * A page table to pin.
     *
     * @param level 1 … 4
     * @param frame machine frame of the table
     */
    public record Table(int level, long frame) {}

    /**
     * {@code MMUEXT_PIN_L1_TABLE} to {@code MMUEXT_PIN_L4_TABLE}: makes pages of a PV domain page tables, after a check of
     * all tables below them. EINVAL if a table is still mapped writable by dom0, is pinned already, or is not the domain's;
     * EBUSY if a table maps a page table writable, or a page of another domain.
     *
     * @param tables 1 … {@link #MOST_TABLES}
     */
    public void pin(int domid, List<Table> tables) {
        StructLayout layout = calls.abi().struct("mmuext_op");
        try (HypercallBuffer operations = calls.array(layout.name(), tables.size())) {
            for (int i = 0; i < tables.size(); i++) {
                Table table = tables.get(i);
                layout.at(operations.bytes(), i * layout.size())
                        .set("cmd", calls.abi().constant("MMUEXT_PIN_L" + table.level() + "_TABLE"))
                        .set("arg1.mfn", table.frame());
            }
            calls.issue(
                    "MMUEXT_PIN_TABLE",
                    domid,
                    Hypercall.MMUEXT_OP,
                    operations.address(),
                    tables.size(),
                    0,
                    HypercallFactory.requireDomid(domid));
        }
    }

    /**
     * {@code XEN_DOMCTL_get_ext_vcpucontext}: the entry points and machine-check registers of a vCPU.
     *
     * @return a {@code struct xen_domctl_ext_vcpucontext}, as long as this release has it; may be empty
     */
    public byte[] extendedContext(int domid, int vcpu) {
        try (PreparedCall call = calls.domctl(DomctlOp.GET_EXT_VCPUCONTEXT, domid)) {
            call.body().set("vcpu", vcpu);
            call.issue();
            int size = call.body().getInt("size");
            byte[] all = call.header().getBytes("u");
            return Arrays.copyOf(all, Math.max(0, Math.min(size, all.length)));
        }
    }

    /**
     * {@code XEN_DOMCTL_set_ext_vcpucontext}.
     *
     * @param context what {@link #extendedContext} has returned; its number of the vCPU and its length are not used
     */
    public void setExtendedContext(int domid, int vcpu, byte[] context) {
        try (PreparedCall call = calls.domctl(DomctlOp.SET_EXT_VCPUCONTEXT, domid)) {
            call.header().setBytes("u", Arrays.copyOf(context, MOST_EXTENDED_BYTES));
            call.body().set("vcpu", vcpu).set("size", context.length);
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_getvcpuextstate}: the extended state ({@code xcr0}, {@code xcr0_accum} and the area of XSAVE) of a
     * vCPU; empty if it has none.
     */
    public Optional<byte[]> extendedState(int domid, int vcpu) {
        try (PreparedCall call = calls.domctl(DomctlOp.GETVCPUEXTSTATE, domid)) {
            call.body().set("vcpu", vcpu);
            call.issue();
            long size = call.body().get("size");
            if (call.body().get("xfeature_mask") == 0 || size <= 0 || size > MOST_STATE_BYTES) {
                return Optional.empty();
            }
            try (HypercallBuffer state = calls.buffer((int) size)) {
                call.body().set("buffer", state.address());
                call.issue();
                return taken(state, call.body().get("size"), size);
            }
        }
    }

    private static Optional<byte[]> taken(HypercallBuffer buffer, long size, long room) {
        byte[] bytes = new byte[(int) Math.max(0, Math.min(size, room))];
        buffer.bytes().get(bytes);
        return Optional.of(bytes).filter(found -> found.length > 0);
    }

    /** {@code XEN_DOMCTL_setvcpuextstate}; EINVAL or EOPNOTSUPP if the processor does not have a part of the state. */
    public void setExtendedState(int domid, int vcpu, byte[] content) {
        try (HypercallBuffer state = calls.buffer(content.length);
                PreparedCall call = calls.domctl(DomctlOp.SETVCPUEXTSTATE, domid)) {
            state.bytes().put(content);
            call.body().set("vcpu", vcpu).set("size", content.length).set("buffer", state.address());
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_get_vcpu_msrs}: the MSRs of a vCPU that differ from zero, 16 bytes each; empty if there is none. */
    public Optional<byte[]> msrs(int domid, int vcpu) {
        int each = calls.abi().struct("xen_domctl_vcpu_msr").size();
        try (PreparedCall call = calls.domctl(DomctlOp.GET_VCPU_MSRS, domid)) {
            call.body().set("vcpu", vcpu);
            call.issue();
            long room = call.body().get("msr_count") * each;
            if (room == 0 || room > MOST_STATE_BYTES) {
                return Optional.empty();
            }
            try (HypercallBuffer msrs = calls.buffer((int) room)) {
                call.body().set("msrs", msrs.address());
                call.issue();
                return taken(msrs, call.body().get("msr_count") * each, room);
            }
        }
    }

    /**
     * {@code XEN_DOMCTL_set_vcpu_msrs}; EINVAL if the domain may not have one of them.
     *
     * @param content a multiple of 16 bytes
     */
    public void setMsrs(int domid, int vcpu, byte[] content) {
        try (HypercallBuffer msrs = calls.buffer(content.length);
                PreparedCall call = calls.domctl(DomctlOp.SET_VCPU_MSRS, domid)) {
            msrs.bytes().put(content);
            call.body()
                    .set("vcpu", vcpu)
                    .set(
                            "msr_count",
                            content.length
                                    / calls.abi().struct("xen_domctl_vcpu_msr").size())
                    .set("msrs", msrs.address());
            call.issue();
        }
    }
}
