// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.util.BitSet;
import java.util.Collection;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.MachinePool;
import org.xenjava.toolstack.sim.machine.MachinePools;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** The sub-commands of {@code sysctl} about CPUs, their pools and schedulers. */
final class PoolOps {
    private static final int MAX_TIME_SLICE_MS = 1000;
    private static final int MIN_RATE_LIMIT_US = 100;
    private static final int MAX_RATE_LIMIT_US = 500_000;
    private static final int MAX_MIGRATION_DELAY_US = 100_000;
    private static final int US_PER_MS = 1000;

    private final Machine machine;

    PoolOps(Machine machine) {
        this.machine = machine;
    }

    void schedulerId(StructView body) {
        body.set(
                "sched_id", machine.pools().require(0, Errno.ENOENT).scheduler().id());
    }

    /** Every CPU is a core of its own; every node is a socket. */
    void topology(CallerMemory caller, StructView body) {
        int cpus = machine.pools().cpus();
        if (body.get("cputopo") != 0) {
            StructLayout element = machine.abi().struct("xen_sysctl_cputopo");
            for (int cpu = 0; cpu < Math.min(cpus, body.get("num_cpus")); cpu++) {
                caller.write(
                        body.get("cputopo") + (long) cpu * element.size(),
                        element.allocate()
                                .set("core", cpu)
                                .set("socket", machine.pools().nodeOf(cpu))
                                .set("node", machine.pools().nodeOf(cpu)));
            }
        }
        body.set("num_cpus", cpus);
    }

    void pool(CallerMemory caller, StructView body) {
        MachinePools pools = machine.pools();
        long id = body.get("cpupool_id");
        Collection<XenDomain> domains = machine.from(0);
        switch (body.getInt("op")) {
            case SysctlOp.CPUPOOL_OP_CREATE ->
                body.set("cpupool_id", pools.create(body.getInt("sched_id")).id());
            case SysctlOp.CPUPOOL_OP_DESTROY -> pools.destroy(pools.require(id, Errno.ENOENT), domains);
            case SysctlOp.CPUPOOL_OP_INFO -> {
                MachinePool pool = pools.atOrAfter(id);
                body.set("cpupool_id", pool.id())
                        .set("sched_id", pool.scheduler().id())
                        .set("n_dom", MachinePools.domainsOf(pool, domains));
                write(caller, body, pool.cpus());
            }
            case SysctlOp.CPUPOOL_OP_ADDCPU -> pools.add(pools.require(id, Errno.ENOENT), body.get("cpu"));
            case SysctlOp.CPUPOOL_OP_RMCPU -> pools.remove(pools.require(id, Errno.ENOENT), body.get("cpu"), domains);
            case SysctlOp.CPUPOOL_OP_MOVEDOMAIN -> move(body.getInt("domid"), id);
            case SysctlOp.CPUPOOL_OP_FREEINFO -> write(caller, body, pools.free());
            default -> throw new XenRefusal(Errno.ENOSYS);
        }
    }

    private static void write(CallerMemory caller, StructView body, BitSet cpus) {
        CpuOps.write(caller, body.get("cpumap.bitmap"), body.getInt("cpumap.nr_bits"), cpus);
    }

    private void move(int domid, long id) {
        if (domid == 0) {
            throw new XenRefusal(Errno.EPERM);
        }
        XenDomain domain = machine.require(domid);
        if (domain.scheduling().pool().id() == id) {
            return;
        }
        MachinePool target = machine.pools().require(id, Errno.ENOENT);
        if (target.cpus().isEmpty()) {
            throw new XenRefusal(Errno.ENOENT);
        }
        domain.scheduling().moveTo(target);
        machine.followAffinities(domain);
    }

    void parameters(StructView body) {
        MachinePool pool = machine.pools().require(body.get("cpupool_id"), Errno.ESRCH);
        require(body.getInt("sched_id") == pool.scheduler().id());
        boolean credit = pool.scheduler() == Scheduler.CREDIT;
        switch (body.getInt("cmd")) {
            case DomctlOp.SCHEDOP_GETINFO -> {}
            case DomctlOp.SCHEDOP_PUTINFO -> {
                if (credit) {
                    setCredit(pool, body);
                } else {
                    int limit = body.getInt("u.sched_credit2.ratelimit_us");
                    requireRateLimit(limit);
                    pool.set(pool.timeSliceMs(), limit, pool.migrationDelayUs());
                }
            }
            default -> throw new XenRefusal(Errno.EINVAL);
        }
        if (credit) {
            body.set("u.sched_credit.tslice_ms", pool.timeSliceMs())
                    .set("u.sched_credit.ratelimit_us", pool.rateLimitUs())
                    .set("u.sched_credit.vcpu_migr_delay_us", pool.migrationDelayUs());
        } else {
            body.set("u.sched_credit2.ratelimit_us", pool.rateLimitUs());
        }
    }

    private static void setCredit(MachinePool pool, StructView body) {
        int slice = body.getInt("u.sched_credit.tslice_ms");
        int limit = body.getInt("u.sched_credit.ratelimit_us");
        int delay = body.getInt("u.sched_credit.vcpu_migr_delay_us");
        require(slice >= 1 && slice <= MAX_TIME_SLICE_MS);
        requireRateLimit(limit);
        require(limit <= slice * US_PER_MS && delay >= 0 && delay <= MAX_MIGRATION_DELAY_US);
        pool.set(slice, limit, delay);
    }

    private static void requireRateLimit(int limit) {
        require(limit == 0 || limit >= MIN_RATE_LIMIT_US && limit <= MAX_RATE_LIMIT_US);
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new XenRefusal(Errno.EINVAL);
        }
    }
}
