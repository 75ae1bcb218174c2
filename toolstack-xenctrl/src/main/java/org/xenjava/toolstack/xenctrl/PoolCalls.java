// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** Hypercalls about pools of CPUs and their schedulers. */
public final class PoolCalls {
    private static final long ANY = 0xFFFF_FFFFL;

    /** How often a CPU is removed on which a vCPU is pinned for the moment, as libxc does. */
    private static final int REMOVAL_TRIES = 5;

    private final HypercallFactory calls;
    private final CpuCalls cpus;

    PoolCalls(HypercallFactory calls, CpuCalls cpus) {
        this.calls = calls;
        this.cpus = cpus;
    }

    /**
     * The share of the CPUs that a domain gets from the schedulers credit and credit2.
     *
     * @param weight share in relation to other domains, 1 to 65535
     * @param cap limit in percent of one CPU; 0 for no limit
     */
    public record Share(int weight, int cap) {}

    /**
     * Parameters of a pool's scheduler.
     *
     * @param timeSliceMs time slice in ms; absent in credit2
     * @param rateLimitUs shortest time for which a vCPU runs, in µs; 0 for no limit
     * @param migrationDelayUs time in µs for which a vCPU counts as cache-hot; absent in credit2
     */
    public record Parameters(OptionalInt timeSliceMs, int rateLimitUs, OptionalInt migrationDelayUs) {}

    /** Every pool, by ascending number. */
    public List<PoolInfo> list() {
        List<PoolInfo> pools = new ArrayList<>();
        Optional<PoolInfo> next = atOrAfter(0);
        while (next.isPresent()) {
            pools.add(next.get());
            next = atOrAfter(next.get().id() + 1);
        }
        return List.copyOf(pools);
    }

    /** {@code XEN_SYSCTL_CPUPOOL_OP_INFO}; empty if there is no such pool. */
    public Optional<PoolInfo> info(int pool) {
        return atOrAfter(pool).filter(found -> found.id() == pool);
    }

    private Optional<PoolInfo> atOrAfter(int pool) {
        int bytes = (cpus.count() + 7) / 8;
        try (HypercallBuffer map = calls.buffer(bytes);
                PreparedCall call = poolOp(SysctlOp.CPUPOOL_OP_INFO, pool)) {
            call.body().set("cpumap.bitmap", map.address()).set("cpumap.nr_bits", bytes * 8L);
            issue(call);
            StructView info = call.body();
            return Optional.of(new PoolInfo(
                    info.getInt("cpupool_id"),
                    info.getInt("sched_id"),
                    info.getInt("n_dom"),
                    CpuCalls.read(map, bytes)));
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ENOENT)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** {@code XEN_SYSCTL_CPUPOOL_OP_FREEINFO}: the CPUs that are in no pool. */
    public CpuSet freeCpus() {
        int bytes = (cpus.count() + 7) / 8;
        try (HypercallBuffer map = calls.buffer(bytes);
                PreparedCall call = poolOp(SysctlOp.CPUPOOL_OP_FREEINFO, 0)) {
            call.body().set("cpumap.bitmap", map.address()).set("cpumap.nr_bits", bytes * 8L);
            issue(call);
            return CpuCalls.read(map, bytes);
        }
    }

    /** {@code XEN_SYSCTL_CPUPOOL_OP_CREATE} with a free number, which is returned; ENOENT if Xen lacks the scheduler. */
    public int create(Scheduler scheduler) {
        try (PreparedCall call = poolOp(SysctlOp.CPUPOOL_OP_CREATE, ANY)) {
            call.body().set("sched_id", scheduler.id());
            issue(call);
            return call.body().getInt("cpupool_id");
        }
    }

    /** {@code XEN_SYSCTL_CPUPOOL_OP_DESTROY}; EBUSY if the pool has a domain or a CPU. */
    public void destroy(int pool) {
        try (PreparedCall call = poolOp(SysctlOp.CPUPOOL_OP_DESTROY, pool)) {
            issue(call);
        }
    }

    /** {@code XEN_SYSCTL_CPUPOOL_OP_ADDCPU}; ENODEV if the CPU is in a pool or offline. */
    public void addCpu(int pool, int cpu) {
        try (PreparedCall call = poolOp(SysctlOp.CPUPOOL_OP_ADDCPU, pool)) {
            call.body().set("cpu", cpu);
            issue(call);
        }
    }

    /**
     * {@code XEN_SYSCTL_CPUPOOL_OP_RMCPU}; EBUSY if it is the last CPU of a pool with domains, EADDRNOTAVAIL if it is
     * not in the pool, EINVAL for CPU 0 of pool 0.
     */
    public void removeCpu(int pool, int cpu) {
        for (int tries = 1; ; tries++) {
            try (PreparedCall call = poolOp(SysctlOp.CPUPOOL_OP_RMCPU, pool)) {
                call.body().set("cpu", cpu);
                issue(call);
                return;
            } catch (HypercallException e) {
                if (!e.errno().equals(Errno.EADDRINUSE) || tries == REMOVAL_TRIES) {
                    throw e;
                }
            }
        }
    }

    /**
     * {@code XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN}: the domain's affinities and its share become the defaults; EPERM for the
     * control domain, ENOENT if the pool has no CPU.
     */
    public void moveDomain(int domid, int pool) {
        try (PreparedCall call = poolOp(SysctlOp.CPUPOOL_OP_MOVEDOMAIN, pool)) {
            call.body().set("domid", HypercallFactory.requireDomid(domid));
            issue(call);
        }
    }

    /** {@code XEN_SYSCTL_sched_id}: the scheduler of pool 0. */
    public int defaultScheduler() {
        try (PreparedCall call = calls.sysctl(SysctlOp.SCHED_ID)) {
            call.issue();
            return call.body().getInt("sched_id");
        }
    }

    /** {@code XEN_DOMCTL_SCHEDOP_getinfo}; EINVAL if it is not the scheduler of the domain's pool. */
    public Share share(int domid, Scheduler scheduler) {
        try (PreparedCall call = shareOp(domid, scheduler, DomctlOp.SCHEDOP_GETINFO)) {
            call.issue();
            return new Share(call.body().getInt("u.credit.weight"), call.body().getInt("u.credit.cap"));
        }
    }

    /** {@code XEN_DOMCTL_SCHEDOP_putinfo}; EINVAL if it is not the scheduler of the domain's pool. */
    public void setShare(int domid, Scheduler scheduler, Share share) {
        try (PreparedCall call = shareOp(domid, scheduler, DomctlOp.SCHEDOP_PUTINFO)) {
            call.body().set("u.credit.weight", share.weight()).set("u.credit.cap", share.cap());
            call.issue();
        }
    }

    private PreparedCall shareOp(int domid, Scheduler scheduler, int command) {
        if (scheduler != Scheduler.CREDIT && scheduler != Scheduler.CREDIT2) {
            throw new IllegalArgumentException(scheduler + " has no weights");
        }
        PreparedCall call = calls.domctl(DomctlOp.SCHEDULER_OP, domid);
        call.body().set("sched_id", scheduler.id()).set("cmd", command);
        return call;
    }

    /** {@code XEN_SYSCTL_SCHEDOP_getinfo}; EINVAL if it is not the pool's scheduler, ESRCH if there is no such pool. */
    public Parameters parameters(int pool, Scheduler scheduler) {
        try (PreparedCall call = parametersOp(pool, scheduler, DomctlOp.SCHEDOP_GETINFO)) {
            call.issue();
            StructView answer = call.body();
            return scheduler == Scheduler.CREDIT
                    ? new Parameters(
                            OptionalInt.of(answer.getInt("u.sched_credit.tslice_ms")),
                            answer.getInt("u.sched_credit.ratelimit_us"),
                            OptionalInt.of(answer.getInt("u.sched_credit.vcpu_migr_delay_us")))
                    : new Parameters(
                            OptionalInt.empty(), answer.getInt("u.sched_credit2.ratelimit_us"), OptionalInt.empty());
        }
    }

    /** {@code XEN_SYSCTL_SCHEDOP_putinfo}; EINVAL if Xen does not allow a value. */
    public void setParameters(int pool, Scheduler scheduler, Parameters parameters) {
        try (PreparedCall call = parametersOp(pool, scheduler, DomctlOp.SCHEDOP_PUTINFO)) {
            if (scheduler == Scheduler.CREDIT) {
                call.body()
                        .set(
                                "u.sched_credit.tslice_ms",
                                parameters.timeSliceMs().orElseThrow())
                        .set("u.sched_credit.ratelimit_us", parameters.rateLimitUs())
                        .set(
                                "u.sched_credit.vcpu_migr_delay_us",
                                parameters.migrationDelayUs().orElseThrow());
            } else {
                call.body().set("u.sched_credit2.ratelimit_us", parameters.rateLimitUs());
            }
            call.issue();
        }
    }

    private PreparedCall parametersOp(int pool, Scheduler scheduler, int command) {
        if (scheduler != Scheduler.CREDIT && scheduler != Scheduler.CREDIT2) {
            throw new IllegalArgumentException(scheduler + " has no parameters here");
        }
        PreparedCall call = calls.sysctl(SysctlOp.SCHEDULER_OP);
        call.body().set("cpupool_id", pool).set("sched_id", scheduler.id()).set("cmd", command);
        return call;
    }

    private PreparedCall poolOp(int op, long pool) {
        PreparedCall call = calls.sysctl(SysctlOp.CPUPOOL_OP);
        call.body().set("op", op).set("cpupool_id", pool);
        return call;
    }

    /** Xen answers EAGAIN while it moves another CPU. */
    private static void issue(PreparedCall call) {
        while (true) {
            try {
                call.issue();
                return;
            } catch (HypercallException e) {
                if (!e.errno().equals(Errno.EAGAIN)) {
                    throw e;
                }
                Thread.onSpinWait();
            }
        }
    }
}
