// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.nio.ByteBuffer;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * The sub-commands of {@code domctl} that read and write the parts of a PV vCPU beside its registers. No instruction runs in
 * the simulation: the parts are what dom0 has set.
 */
final class VcpuPartOps {
    /** The state of x87 and SSE, which every processor has. */
    private static final long FEATURES = 3;

    /** Two control registers, and the smallest area of XSAVE. */
    private static final int STATE_BYTES = 16 + 576;

    private static final int MOST_MSRS = 16;

    private final int contextBytes;
    private final int msrBytes;

    VcpuPartOps(Machine machine) {
        this.contextBytes = machine.abi().struct("xen_domctl_ext_vcpucontext").size();
        this.msrBytes = machine.abi().struct("xen_domctl_vcpu_msr").size();
    }

    void call(DomctlOp op, XenDomain domain, CallerMemory caller, StructView body) {
        require(domain.isPvGuest(), Errno.EINVAL);
        int vcpu = body.getInt("vcpu");
        require(vcpu >= 0 && vcpu < domain.vcpus(), Errno.ESRCH);
        switch (op) {
            case GET_EXT_VCPUCONTEXT -> getContext(domain, vcpu, body);
            case SET_EXT_VCPUCONTEXT -> {
                require(body.getInt("size") <= contextBytes, Errno.EINVAL);
                domain.setVcpuPart(vcpu, XenDomain.VcpuPart.EXTENDED, body.toBytes());
            }
            case GETVCPUEXTSTATE -> getState(domain, vcpu, caller, body);
            case SETVCPUEXTSTATE -> {
                require(body.get("size") == STATE_BYTES, Errno.EINVAL);
                domain.setVcpuPart(vcpu, XenDomain.VcpuPart.XSAVE, caller.read(body.get("buffer"), STATE_BYTES));
            }
            case GET_VCPU_MSRS -> getMsrs(domain, vcpu, caller, body);
            case SET_VCPU_MSRS -> {
                require(body.getInt("msr_count") <= MOST_MSRS, Errno.EINVAL);
                domain.setVcpuPart(
                        vcpu,
                        XenDomain.VcpuPart.MSRS,
                        caller.read(body.get("msrs"), (long) body.getInt("msr_count") * msrBytes));
            }
            default -> throw new XenRefusal(Errno.ENOSYS);
        }
    }

    private void getContext(XenDomain domain, int vcpu, StructView body) {
        byte[] known = domain.vcpuPart(vcpu, XenDomain.VcpuPart.EXTENDED).orElseGet(() -> new byte[contextBytes]);
        StructView context = body.layout().at(ByteBuffer.wrap(known), 0);
        body.clear()
                .set("vcpu", vcpu)
                .set("size", contextBytes)
                .set("syscall32_callback_eip", context.get("syscall32_callback_eip"))
                .set("sysenter_callback_eip", context.get("sysenter_callback_eip"));
    }

    private static void getState(XenDomain domain, int vcpu, CallerMemory caller, StructView body) {
        if (body.get("buffer") != 0) {
            require(body.get("size") == STATE_BYTES && body.get("xfeature_mask") == FEATURES, Errno.EINVAL);
            caller.write(
                    body.get("buffer"),
                    domain.vcpuPart(vcpu, XenDomain.VcpuPart.XSAVE).orElseGet(() -> new byte[STATE_BYTES]));
        }
        body.set("size", STATE_BYTES).set("xfeature_mask", FEATURES);
    }

    private void getMsrs(XenDomain domain, int vcpu, CallerMemory caller, StructView body) {
        if (body.get("msrs") == 0) {
            body.set("msr_count", MOST_MSRS);
            return;
        }
        byte[] known = domain.vcpuPart(vcpu, XenDomain.VcpuPart.MSRS).orElse(new byte[0]);
        caller.write(body.get("msrs"), known);
        body.set("msr_count", known.length / msrBytes);
    }

    private static void require(boolean condition, Errno otherwise) {
        if (!condition) {
            throw new XenRefusal(otherwise);
        }
    }
}
