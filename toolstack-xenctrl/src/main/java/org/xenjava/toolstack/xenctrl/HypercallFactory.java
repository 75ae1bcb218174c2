// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Set;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.EventChannelOp;
import org.xenjava.toolstack.xenctrl.abi.FlaskOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.PhysdevOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Prepares hypercalls in the layouts of the running release, and issues them. */
final class HypercallFactory {
    private static final int LAST_DOMID = 0x7FEF;

    /** The sub-commands that the domain of quarantined devices is an argument of. */
    private static final Set<DomctlOp> QUARANTINE = Set.of(DomctlOp.ASSIGN_DEVICE, DomctlOp.DEASSIGN_DEVICE);

    private final XenCall xenCall;
    private final XenAbi abi;
    private final String refusal;

    /** @param refusal the reason for calls that an incomplete description of the release does not cover */
    HypercallFactory(XenCall xenCall, XenAbi abi, String refusal) {
        this.xenCall = xenCall;
        this.abi = abi;
        this.refusal = refusal;
    }

    XenAbi abi() {
        return abi;
    }

    /** Pinned memory for a hypercall's argument. */
    HypercallBuffer buffer(int bytes) {
        return xenCall.allocBuffer(bytes);
    }

    PreparedCall domctl(DomctlOp op, int domid) {
        boolean without = op == DomctlOp.CREATEDOMAIN || domid == DomctlOp.DOMID_IO && QUARANTINE.contains(op);
        int subject = without ? HypercallException.NO_DOMAIN : requireDomid(domid);
        boolean stable = op == DomctlOp.GET_DOMAIN_STATE;
        if (!stable) {
            requireComplete(named("XEN_DOMCTL_", op), subject);
        }
        PreparedCall call = wrapped(
                named("XEN_DOMCTL_", op), subject, Hypercall.DOMCTL, "xen_domctl", op.struct(), DomctlOp.UNION_OFFSET);
        call.header()
                .set("cmd", op.number())
                .set("interface_version", stable ? 0 : abi.constant("XEN_DOMCTL_INTERFACE_VERSION"))
                .set("domain", domid);
        return call;
    }

    /** Issues a domctl without arguments. */
    void domctlAndClose(DomctlOp op, int domid) {
        try (PreparedCall call = domctl(op, domid)) {
            call.issue();
        }
    }

    PreparedCall sysctl(SysctlOp op) {
        requireComplete(named("XEN_SYSCTL_", op), HypercallException.NO_DOMAIN);
        PreparedCall call = wrapped(
                named("XEN_SYSCTL_", op),
                HypercallException.NO_DOMAIN,
                Hypercall.SYSCTL,
                "xen_sysctl",
                op.struct(),
                SysctlOp.UNION_OFFSET);
        call.header().set("cmd", op.number()).set("interface_version", abi.constant("XEN_SYSCTL_INTERFACE_VERSION"));
        return call;
    }

    /** ENOSYS unless Xen was built with Flask and booted with it. */
    PreparedCall flaskOp(FlaskOp op) {
        requireComplete(named("FLASK_", op), HypercallException.NO_DOMAIN);
        PreparedCall call = wrapped(
                named("FLASK_", op),
                HypercallException.NO_DOMAIN,
                Hypercall.XSM_OP,
                "xen_flask_op",
                op.struct(),
                FlaskOp.UNION_OFFSET);
        call.header().set("cmd", op.number()).set("interface_version", abi.constant("XEN_FLASK_INTERFACE_VERSION"));
        return call;
    }

    PreparedCall memoryOp(MemoryOp op, int domid) {
        return plain(named("XENMEM_", op), domid, Hypercall.MEMORY_OP, op.number(), op.struct());
    }

    PreparedCall eventChannelOp(EventChannelOp op, int domid) {
        return plain(named("EVTCHNOP_", op), domid, Hypercall.EVENT_CHANNEL_OP, op.number(), op.struct());
    }

    PreparedCall physdevOp(PhysdevOp op, int domid) {
        return plain(named("PHYSDEVOP_", op), domid, Hypercall.PHYSDEV_OP, op.number(), op.struct());
    }

    PreparedCall schedOp(String name, int op, int domid, String struct) {
        return plain(name, domid, Hypercall.SCHED_OP, op, struct);
    }

    PreparedCall hvmParam(String name, int op, int domid, HvmParam param) {
        PreparedCall call = plain(name + "(" + param + ")", domid, Hypercall.HVM_OP, op, "xen_hvm_param");
        call.body().set("domid", domid).set("index", param.index());
        return call;
    }

    int issue(String name, int domid, Hypercall hypercall, long... args) {
        try {
            return xenCall.call(hypercall.number(), args);
        } catch (XenLibException e) {
            throw new HypercallException(name, domid, e.errno(), e);
        }
    }

    /** Allocates memory for a number of structs, at least one byte. */
    HypercallBuffer array(String struct, int elements) {
        return xenCall.allocBuffer(Math.max(1, elements * abi.struct(struct).size()));
    }

    /** The error that Xen returns for another interface version: EACCES. */
    private void requireComplete(String name, int domid) {
        if (!abi.isComplete()) {
            throw new HypercallException(name, domid, Errno.EACCES, refusal);
        }
    }

    /** Issues a sub-command of memory_op whose argument is a bare domid. */
    Pages reservation(String name, int op, int domid) {
        requireDomid(domid);
        try (HypercallBuffer buffer = buffer(Short.BYTES)) {
            buffer.bytes().order(ByteOrder.LITTLE_ENDIAN).putShort(0, (short) domid);
            return Pages.of(issue(name, domid, Hypercall.MEMORY_OP, op, buffer.address()));
        }
    }

    /** Xen's argument has 16 bits and truncates a larger domid. */
    static int requireDomid(int domid) {
        if (domid < 0 || domid > LAST_DOMID) {
            throw new IllegalArgumentException("domid " + domid + " is not in 0 … " + LAST_DOMID);
        }
        return domid;
    }

    /** domctl and sysctl take one argument: a struct with the sub-command's number and a union. */
    private PreparedCall wrapped(
            String name, int domid, Hypercall hypercall, String headerStruct, String bodyStruct, int bodyOffset) {
        StructLayout layout = abi.struct(headerStruct);
        HypercallBuffer buffer = xenCall.allocBuffer(layout.size());
        StructView header = layout.at(buffer.bytes(), 0);
        StructView body = bodyStruct.isEmpty() ? header : abi.struct(bodyStruct).at(buffer.bytes(), bodyOffset);
        return new PreparedCall(this, name, domid, hypercall, new long[] {buffer.address()}, buffer, header, body);
    }

    /** All others take the sub-command's number and its struct. */
    private PreparedCall plain(String name, int domid, Hypercall hypercall, int op, String struct) {
        requireDomid(domid);
        StructLayout layout = abi.struct(struct);
        HypercallBuffer buffer = xenCall.allocBuffer(layout.size());
        StructView body = layout.at(buffer.bytes(), 0);
        return new PreparedCall(this, name, domid, hypercall, new long[] {op, buffer.address()}, buffer, body, body);
    }

    private static String named(String prefix, Enum<?> op) {
        return prefix + op.name().toLowerCase(Locale.ROOT);
    }
}
