// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.Actor;
import org.xenjava.toolstack.sim.memory.GfnType;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The sub-commands of {@code domctl} that read and write what the vCPUs of a domain see. */
final class StateOps {
    private static final int MOST_FRAMES = 1024;
    private static final int TYPE_BITS = 32;
    private static final int TYPE_SHIFT = 28;
    private static final long NO_PAGE = 0xf000_0000L;
    private static final int LAST_TSC_MODE = 2;

    private final Machine machine;
    private final HostCpuPolicy hostPolicy;
    private final PvOps pv;

    StateOps(Machine machine, PvOps pv) {
        this.machine = machine;
        this.pv = pv;
        this.hostPolicy = new HostCpuPolicy(machine.abi(), machine.memoryRules());
    }

    void call(DomctlOp op, XenDomain domain, CallerMemory caller, StructView body) {
        switch (op) {
            case GETPAGEFRAMEINFO3 -> frameTypes(domain, caller, body);
            // Every PV guest of this machine has 64-bit addresses.
            case GET_ADDRESS_SIZE -> body.set("size", Long.SIZE);
            case GETTSCINFO -> getTsc(notDom0(domain), body);
            case SETTSCINFO -> setTsc(domain, body);
            case GET_CPU_POLICY -> getCpuPolicy(domain, caller, body);
            case SET_CPU_POLICY -> setCpuPolicy(notDom0(domain), caller, body);
            case SETVCPUCONTEXT -> setVcpuContext(notDom0(domain), caller, body);
            default -> throw new XenRefusal(Errno.ENOSYS);
        }
    }

    /** Reports the types of frames. As in Xen, the lookup populates populate-on-demand frames. */
    private static void frameTypes(XenDomain domain, CallerMemory caller, StructView body) {
        long number = body.get("num");
        require(number >= 0 && number <= MOST_FRAMES, Errno.E2BIG);
        long array = body.get("array");
        for (long at = array; at < array + number * Long.BYTES; at += Long.BYTES) {
            long gfn = MemoryOps.readLong(caller, at) & ((1L << TYPE_BITS) - 1);
            domain.memory().touch(gfn, Actor.DOM0);
            boolean page = domain.memory().type(gfn) == GfnType.RAM;
            long type = page ? (long) domain.pinnedTables().type(gfn) << TYPE_SHIFT : NO_PAGE;
            MemoryOps.writeLong(caller, at, type);
        }
    }

    private static void getTsc(XenDomain domain, StructView body) {
        XenDomain.Tsc tsc = domain.tsc();
        body.clear()
                .set("tsc_mode", tsc.mode())
                .set("gtsc_khz", tsc.khz() == 0 ? HostOps.CPU_KHZ : tsc.khz())
                .set("incarnation", tsc.incarnation())
                .set("elapsed_nsec", tsc.nanoseconds());
    }

    private static void setTsc(XenDomain domain, StructView body) {
        require(body.get("tsc_mode") <= LAST_TSC_MODE, Errno.EINVAL);
        domain.setTsc(new XenDomain.Tsc(
                body.getInt("tsc_mode"), body.get("gtsc_khz"), body.get("elapsed_nsec"), body.get("incarnation") + 1));
    }

    private void getCpuPolicy(XenDomain domain, CallerMemory caller, StructView body) {
        byte[] leaves = domain.cpuid().orElseGet(hostPolicy::leafBytes);
        byte[] msrs = domain.featureMsrs().orElseGet(hostPolicy::msrBytes);
        put(caller, body, "leaves", "nr_leaves", leaves, machine.abi().struct("xen_cpuid_leaf"));
        put(caller, body, "msrs", "nr_msrs", msrs, machine.abi().struct("xen_msr_entry"));
    }

    private static void put(
            CallerMemory caller, StructView body, String array, String number, byte[] content, StructLayout element) {
        int count = content.length / element.size();
        require(body.get(number) >= count, Errno.ENOBUFS);
        caller.write(body.get(array), content);
        body.set(number, count);
    }

    private void setCpuPolicy(XenDomain domain, CallerMemory caller, StructView body) {
        require(!domain.isCreationFinished(), Errno.EEXIST);
        long leaves = body.get("nr_leaves");
        long msrs = body.get("nr_msrs");
        require(leaves <= HostCpuPolicy.MAX_LEAVES && msrs <= HostCpuPolicy.MAX_MSRS, Errno.E2BIG);
        if (leaves > 0) {
            long bytes = leaves * machine.abi().struct("xen_cpuid_leaf").size();
            domain.setCpuid(caller.read(body.get("leaves"), bytes));
        }
        if (msrs > 0) {
            long bytes = msrs * machine.abi().struct("xen_msr_entry").size();
            domain.setFeatureMsrs(caller.read(body.get("msrs"), bytes));
        }
        body.set("err_leaf", 0xFFFF_FFFFL).set("err_subleaf", 0xFFFF_FFFFL).set("err_msr", 0xFFFF_FFFFL);
    }

    private void setVcpuContext(XenDomain domain, CallerMemory caller, StructView body) {
        int vcpu = body.getInt("vcpu");
        require(vcpu >= 0 && vcpu < domain.vcpus(), Errno.EINVAL);
        byte[] context = caller.read(body.get("ctxt"), DomainOps.VCPU_CONTEXT_BYTES);
        if (domain.isPvGuest()) {
            pv.setVcpuContext(domain, vcpu, context);
        } else {
            domain.setVcpuRegisters(vcpu, context);
        }
    }

    private static XenDomain notDom0(XenDomain domain) {
        require(domain.domid() != 0, Errno.EINVAL);
        return domain;
    }

    private static void require(boolean condition, Errno otherwise) {
        if (!condition) {
            throw new XenRefusal(otherwise);
        }
    }
}
