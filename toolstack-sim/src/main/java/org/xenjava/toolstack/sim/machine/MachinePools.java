// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.BitSet;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** The pools of the machine's CPUs, and the CPUs that are in none. */
public final class MachinePools {
    /** Debian's Xen has no other scheduler. */
    private static final Set<Scheduler> BUILT_IN = Set.of(Scheduler.CREDIT, Scheduler.CREDIT2);

    private final int cpus;
    private final int nodes;
    private final BitSet free = new BitSet();
    private final TreeMap<Integer, MachinePool> pools = new TreeMap<>();

    MachinePools(int cpus, int nodes) {
        this.cpus = cpus;
        this.nodes = nodes;
        MachinePool first = new MachinePool(0, Scheduler.CREDIT2);
        first.cpus().set(0, cpus);
        pools.put(0, first);
    }

    /** The number of the machine's CPUs. */
    public int cpus() {
        return cpus;
    }

    /** The NUMA node of a CPU. */
    public int nodeOf(int cpu) {
        return cpu * nodes / cpus;
    }

    /** The CPUs that are in no pool. */
    public BitSet free() {
        return free;
    }

    /** The pool with that number, if there is one. */
    public Optional<MachinePool> find(long id) {
        return id > Integer.MAX_VALUE ? Optional.empty() : Optional.ofNullable(pools.get((int) id));
    }

    /** The pool with that number. */
    public MachinePool require(long id, Errno otherwise) {
        return find(id).orElseThrow(() -> new XenRefusal(otherwise));
    }

    /** The pool with that number or the next higher one. */
    public MachinePool atOrAfter(long id) {
        return Optional.ofNullable(id > Integer.MAX_VALUE ? null : pools.ceilingEntry((int) id))
                .orElseThrow(() -> new XenRefusal(Errno.ENOENT))
                .getValue();
    }

    /** Creates a pool without CPUs, with the number after the highest. */
    public MachinePool create(int schedulerId) {
        if (pools.size() >= 2 * cpus) {
            throw new XenRefusal(Errno.ENOSPC);
        }
        Scheduler scheduler =
                Scheduler.ofId(schedulerId).filter(BUILT_IN::contains).orElseThrow(() -> new XenRefusal(Errno.ENOENT));
        MachinePool pool = new MachinePool(pools.lastKey() + 1, scheduler);
        pools.put(pool.id(), pool);
        return pool;
    }

    /** Removes a pool that has neither domains nor CPUs. */
    public void destroy(MachinePool pool, Collection<XenDomain> domains) {
        if (!pool.cpus().isEmpty() || domainsOf(pool, domains) > 0) {
            throw new XenRefusal(Errno.EBUSY);
        }
        pools.remove(pool.id());
    }

    /** Moves a free CPU into a pool. */
    public void add(MachinePool pool, long cpu) {
        requireCpu(cpu);
        if (!free.get((int) cpu)) {
            throw new XenRefusal(Errno.ENODEV);
        }
        free.clear((int) cpu);
        pool.cpus().set((int) cpu);
    }

    /** Moves a CPU out of a pool; it is free then. */
    public void remove(MachinePool pool, long cpu, Collection<XenDomain> domains) {
        requireCpu(cpu);
        if (pool.id() == 0 && cpu == 0) {
            throw new XenRefusal(Errno.EINVAL);
        }
        if (!pool.cpus().get((int) cpu)) {
            throw new XenRefusal(Errno.EADDRNOTAVAIL);
        }
        if (pool.cpus().cardinality() == 1 && domainsOf(pool, domains) > 0) {
            throw new XenRefusal(Errno.EBUSY);
        }
        pool.cpus().clear((int) cpu);
        free.set((int) cpu);
        // A vCPU that could run nowhere else may run everywhere.
        domains.stream().filter(domain -> domain.scheduling().pool() == pool).forEach(domain -> domain.scheduling()
                .leaveCpu());
    }

    /** The number of domains in a pool. */
    public static long domainsOf(MachinePool pool, Collection<XenDomain> domains) {
        return domains.stream()
                .filter(domain -> domain.scheduling().pool() == pool)
                .count();
    }

    private void requireCpu(long cpu) {
        if (cpu >= cpus) {
            throw new XenRefusal(Errno.EINVAL);
        }
    }
}
