// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.util.BitSet;
import org.xenjava.toolstack.sim.machine.DomainScheduling;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.MachinePool;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** The sub-commands of {@code domctl} about vCPUs, their CPUs and their shares. */
final class CpuOps {
    private static final int UNCHANGED_CAP = 0xFFFF;
    private static final int PERCENT = 100;

    private final Machine machine;

    CpuOps(Machine machine) {
        this.machine = machine;
    }

    void vcpuInfo(XenDomain domain, StructView body) {
        int vcpu = existing(domain, body);
        boolean online = domain.onlineVcpus().get(vcpu);
        boolean runs = online && domain.isRunning();
        body.set("online", online ? 1 : 0)
                .set("blocked", runs && domain.domid() != 0 ? 1 : 0)
                .set("running", runs && domain.domid() == 0 ? 1 : 0)
                .set("cpu_time", 0)
                .set("cpu", domain.scheduling().cpu(vcpu));
    }

    void affinity(XenDomain domain, CallerMemory caller, StructView body) {
        int vcpu = existing(domain, body);
        int flags = body.getInt("flags");
        requireFlags(flags);
        if ((flags & DomctlOp.VCPUAFFINITY_HARD) != 0) {
            write(caller, body, "cpumap_hard", domain.scheduling().hard(vcpu));
        }
        if ((flags & DomctlOp.VCPUAFFINITY_SOFT) != 0) {
            write(caller, body, "cpumap_soft", domain.scheduling().soft(vcpu));
        }
    }

    /** Sets affinities, and writes back those that are in effect. */
    void setAffinity(XenDomain domain, CallerMemory caller, StructView body) {
        int vcpu = existing(domain, body);
        int flags = body.getInt("flags");
        requireFlags(flags);
        DomainScheduling scheduling = domain.scheduling();
        BitSet online = scheduling.pool().cpus();
        if ((flags & DomctlOp.VCPUAFFINITY_HARD) != 0) {
            BitSet wanted = read(caller, body, "cpumap_hard");
            require(wanted.intersects(online), Errno.EINVAL);
            replace(scheduling.hard(vcpu), wanted);
            write(caller, body, "cpumap_hard", common(wanted, online));
        }
        if ((flags & DomctlOp.VCPUAFFINITY_SOFT) != 0) {
            BitSet wanted = read(caller, body, "cpumap_soft");
            replace(scheduling.soft(vcpu), wanted);
            write(caller, body, "cpumap_soft", common(common(wanted, online), scheduling.hard(vcpu)));
        }
        machine.followAffinities(domain);
    }

    /** The nodes from which the domain's memory comes first. */
    void nodes(XenDomain domain, CallerMemory caller, StructView body) {
        BitSet nodes = (BitSet) domain.memory().preferredNodes().clone();
        if (nodes.isEmpty()) {
            nodes.set(0, machine.host().nodes());
        }
        write(caller, body, "nodemap", nodes);
    }

    void setNodes(XenDomain domain, CallerMemory caller, StructView body) {
        int bytes = (body.getInt("nodemap.nr_bits") + 7) / 8;
        BitSet nodes = BitSet.valueOf(caller.read(body.get("nodemap.bitmap"), bytes));
        int count = machine.host().nodes();
        nodes.clear(count, Math.max(count, nodes.length()));
        require(!nodes.isEmpty(), Errno.EINVAL);
        domain.scheduling().fixNodes();
        replace(domain.memory().preferredNodes(), nodes);
    }

    void share(XenDomain domain, StructView body) {
        DomainScheduling scheduling = domain.scheduling();
        MachinePool pool = scheduling.pool();
        require(body.getInt("sched_id") == pool.scheduler().id(), Errno.EINVAL);
        switch (body.getInt("cmd")) {
            case DomctlOp.SCHEDOP_GETINFO ->
                body.set("u.credit.weight", scheduling.weight()).set("u.credit.cap", scheduling.cap());
            case DomctlOp.SCHEDOP_PUTINFO -> {
                int weight = body.getInt("u.credit.weight");
                int cap = body.getInt("u.credit.cap");
                boolean credit2 = pool.scheduler() == Scheduler.CREDIT2;
                require(!credit2 || cap <= PERCENT * domain.vcpus(), Errno.EINVAL);
                boolean capStays = !credit2 && cap == UNCHANGED_CAP;
                scheduling.setShare(weight == 0 ? scheduling.weight() : weight, capStays ? scheduling.cap() : cap);
            }
            default -> throw new XenRefusal(Errno.EINVAL);
        }
    }

    private static int existing(XenDomain domain, StructView body) {
        long vcpu = body.get("vcpu");
        require(vcpu < domain.maxVcpus(), Errno.EINVAL);
        require(vcpu < domain.vcpus(), Errno.ESRCH);
        return (int) vcpu;
    }

    private static void requireFlags(int flags) {
        require((flags & (DomctlOp.VCPUAFFINITY_HARD | DomctlOp.VCPUAFFINITY_SOFT)) != 0, Errno.EINVAL);
    }

    private BitSet read(CallerMemory caller, StructView body, String map) {
        int bytes = (body.getInt(map + ".nr_bits") + 7) / 8;
        BitSet bits = BitSet.valueOf(caller.read(body.get(map + ".bitmap"), bytes));
        int cpus = machine.pools().cpus();
        bits.clear(cpus, Math.max(cpus, bits.length()));
        return bits;
    }

    private static void write(CallerMemory caller, StructView body, String map, BitSet bits) {
        write(caller, body.get(map + ".bitmap"), body.getInt(map + ".nr_bits"), bits);
    }

    static void write(CallerMemory caller, long address, int bits, BitSet content) {
        byte[] bitmap = new byte[(bits + 7) / 8];
        byte[] used = content.toByteArray();
        System.arraycopy(used, 0, bitmap, 0, Math.min(used.length, bitmap.length));
        caller.write(address, bitmap);
    }

    private static BitSet common(BitSet one, BitSet other) {
        BitSet both = (BitSet) one.clone();
        both.and(other);
        return both;
    }

    private static void replace(BitSet target, BitSet content) {
        target.clear();
        target.or(content);
    }

    private static void require(boolean condition, Errno otherwise) {
        if (!condition) {
            throw new XenRefusal(otherwise);
        }
    }
}
