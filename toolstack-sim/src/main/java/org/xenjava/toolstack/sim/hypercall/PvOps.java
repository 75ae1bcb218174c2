// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.nio.ByteBuffer;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.PinnedTables;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.GfnType;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The hypercalls about the page tables and the vCPUs of PV domains, called by dom0. */
final class PvOps {
    /** The code that Xen writes for each entry of the hypercall page. The simulation does not execute it. */
    private static final byte[] HYPERCALL_ENTRIES = new byte[PhysicalMemory.PAGE_BYTES];

    private static final int TABLE_SHIFT = 12;
    private static final int CR3 = 3;

    private final Machine machine;
    private final StructLayout operation;
    private final StructLayout context;
    private final StructLayout registers;

    PvOps(Machine machine) {
        this.machine = machine;
        this.operation = machine.abi().struct("mmuext_op");
        this.context = machine.abi().struct("vcpu_guest_context");
        this.registers = machine.abi().struct("cpu_user_regs");
    }

    /** {@code mmuext_op}; page tables can be pinned. */
    long extended(CallerMemory caller, long operations, long count, int domid) {
        for (long i = 0; i < count; i++) {
            StructView arg = caller.read(operations + i * operation.size(), operation);
            XenDomain domain = pv(machine.require(domid));
            // The commands for tables of level 1 to 4 are 0 to 3.
            long command = arg.get("cmd");
            require(command <= machine.abi().constant("MMUEXT_PIN_L4_TABLE"), Errno.EOPNOTSUPP);
            domain.pinnedTables().pin(arg.get("arg1.mfn"), (int) command + 1, domain.memory(), machine.content());
        }
        return 0;
    }

    /** {@code XENMEM_maximum_gpfn}: what the guest's kernel says in the page that it shares with Xen. */
    long highestPfn(XenDomain domain) {
        StructLayout info = machine.abi().struct("shared_info");
        byte[] page = machine.content().read(domain.sharedInfoFrame(), 0, info.size());
        return Math.max(1, info.at(ByteBuffer.wrap(page), 0).get("arch.max_pfn")) - 1;
    }

    /** {@code XEN_DOMCTL_hypercall_init}. */
    void fillHypercallPage(XenDomain domain, long mfn) {
        require(domain.memory().type(mfn) != GfnType.HOLE, Errno.EINVAL);
        require(!domain.pinnedTables().contains(mfn), Errno.EPERM);
        machine.content().write(mfn, 0, HYPERCALL_ENTRIES);
    }

    /** {@code XEN_DOMCTL_setvcpucontext} of a PV domain: checks the registers and brings the vCPU up. */
    void setVcpuContext(XenDomain domain, int vcpu, byte[] bytes) {
        StructView wanted = context.at(ByteBuffer.wrap(bytes), 0);
        StructView user = registers.at(ByteBuffer.wrap(wanted.getBytes("user_regs")), 0);
        require(
                PinnedTables.isCanonical(user.get("rip")) && PinnedTables.isCanonical(wanted.get("kernel_sp")),
                Errno.EINVAL);
        long root = wanted.get("ctrlreg", CR3) >>> TABLE_SHIFT;
        if (!domain.pinnedTables().contains(root)) {
            domain.pinnedTables().validate(root, domain.memory(), machine.content());
        }
        domain.setVcpuRegisters(vcpu, bytes);
        domain.onlineVcpus().set(vcpu);
    }

    private static XenDomain pv(XenDomain domain) {
        require(domain.isPvGuest(), Errno.EPERM);
        return domain;
    }

    private static void require(boolean condition, Errno otherwise) {
        if (!condition) {
            throw new XenRefusal(otherwise);
        }
    }
}
