// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.CpuPool;
import org.xenjava.toolstack.processor.SchedulerParameters;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.PoolCalls;
import org.xenjava.toolstack.xenctrl.PoolInfo;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/**
 * The pools into which the host's CPUs are divided. A domain runs on the CPUs of its pool, under its scheduler. Safe to
 * use from many threads.
 */
public final class CpuPools {
    private static final Logger LOG = LoggerFactory.getLogger(CpuPools.class);
    private static final String ROOT = "/local/pool";
    private static final String NODE_POOL = "Pool-node";
    private static final String NAME = "[!-.0-~]([ -.0-~]{0,62}[!-.0-~])?";

    private final HostContext context;

    CpuPools(HostContext context) {
        this.context = context;
    }

    /** {@return all pools, by ascending number} */
    public List<CpuPool> list() {
        return context.attempting(
                "listing the pools",
                () -> calls().list().stream().map(this::named).toList());
    }

    /**
     * Finds a pool by a user's text.
     *
     * @param nameOrId a name, or the number of a pool; of two pools with one name, that with the lower number
     * @return the pool
     * @throws ConfigException if there is none
     */
    public CpuPool resolve(String nameOrId) {
        List<CpuPool> pools = list();
        Optional<CpuPool> byName =
                pools.stream().filter(pool -> pool.name().equals(nameOrId)).findFirst();
        return byName.or(() -> pools.stream()
                        .filter(pool -> Integer.toString(pool.id()).equals(nameOrId))
                        .findFirst())
                .orElseThrow(() -> new ConfigException("there is no pool '" + nameOrId + "'"));
    }

    /** {@return the CPUs that are in no pool} */
    public CpuSet freeCpus() {
        return context.attempting("looking for CPUs without a pool", () -> calls().freeCpus());
    }

    /** {@return the number of the host's CPUs} */
    public int cpus() {
        return context.attempting(
                "counting the CPUs", () -> context.xenctrl().cpus().count());
    }

    /**
     * {@return the CPUs of a list on this host, without those that the host does not have}
     *
     * @param list the list
     */
    public CpuSet cpus(CpuList list) {
        return context.attempting(
                "reading the topology of the CPUs",
                () -> list.on(context.xenctrl().cpus().nodes()));
    }

    /**
     * Creates a pool. If that fails, nothing of it is left.
     *
     * @param name 1 to 64 visible characters without {@code /}, not only digits; no other pool may have it
     * @param scheduler scheduler of the pool; empty for that of pool 0
     * @param cpus CPUs that are in no pool; none for a pool that no domain can enter yet
     * @return the pool
     */
    public CpuPool create(String name, Optional<Scheduler> scheduler, CpuSet cpus) {
        requireName(name);
        return context.attempting("creating pool '" + name + "'", () -> {
            requireUnused(name, -1);
            requireFree(cpus);
            int id = create(scheduler);
            try {
                cpus.cpus().forEach(cpu -> calls().addCpu(id, cpu));
                context.store().inTransaction(transaction -> {
                    transaction.write(path(id, "uuid"), UUID.randomUUID().toString());
                    transaction.write(path(id, "name"), name);
                    return id;
                });
            } catch (RuntimeException e) {
                undo(id, e);
                throw e;
            }
            LOG.info("pool '{}' created with CPUs {}", name, cpus);
            return status(id);
        });
    }

    private int create(Optional<Scheduler> scheduler) {
        Scheduler wanted = scheduler
                .or(() -> Scheduler.ofId(calls().defaultScheduler()))
                .orElseThrow(() -> new DomainStateException("the scheduler of pool 0 is not known; name another"));
        try {
            return calls().create(wanted);
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ENOENT)) {
                throw new ConfigException("this build of Xen has no scheduler " + wanted.word());
            }
            throw e;
        }
    }

    private void undo(int id, RuntimeException failure) {
        try {
            calls().info(id).map(PoolInfo::cpus).orElse(CpuSet.NONE).cpus().forEach(cpu -> calls().removeCpu(id, cpu));
            calls().destroy(id);
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Removes the CPUs from a pool, which are free then, and destroys it.
     *
     * @param pool the pool
     * @throws DomainStateException if it has domains, or is pool 0
     */
    public void destroy(CpuPool pool) {
        context.attempting("destroying " + pool, () -> {
            CpuPool now = status(pool.id());
            if (now.id() == 0 || now.domains() > 0) {
                throw new DomainStateException(
                        now.id() == 0 ? "pool 0 stays" : "it has " + now.domains() + " domains; move them first");
            }
            now.cpus().cpus().forEach(cpu -> calls().removeCpu(pool.id(), cpu));
            calls().destroy(pool.id());
            context.store().inTransaction(transaction -> {
                transaction.remove(ROOT + "/" + pool.id());
                return pool;
            });
            LOG.info("{} destroyed", pool);
            return pool;
        });
    }

    /**
     * Renames a pool.
     *
     * @param pool the pool
     * @param name its new name, as for {@link #create}
     */
    public void rename(CpuPool pool, String name) {
        requireName(name);
        context.attempting("renaming " + pool, () -> {
            status(pool.id());
            requireUnused(name, pool.id());
            context.store().inTransaction(transaction -> {
                transaction.write(path(pool.id(), "name"), name);
                return name;
            });
            LOG.info("{} renamed to '{}'", pool, name);
            return name;
        });
    }

    /**
     * Moves free CPUs into a pool.
     *
     * @param pool the pool
     * @param cpus CPUs that are in no pool
     */
    public void addCpus(CpuPool pool, CpuSet cpus) {
        context.attempting("adding CPUs " + cpus + " to " + pool, () -> {
            requireFree(cpus);
            return each(cpus, cpu -> calls().addCpu(pool.id(), cpu));
        });
    }

    /**
     * Moves CPUs out of a pool; they are free then. The others are removed although one cannot be removed.
     *
     * @param pool the pool
     * @param cpus CPUs that are in the pool
     * @throws DomainStateException if a CPU is not in the pool or cannot be removed
     */
    public void removeCpus(CpuPool pool, CpuSet cpus) {
        context.attempting("removing CPUs " + cpus + " from " + pool, () -> {
            CpuSet others = cpus.minus(status(pool.id()).cpus());
            if (!others.isEmpty()) {
                throw new DomainStateException("the pool does not have CPUs " + others);
            }
            return each(cpus, cpu -> calls().removeCpu(pool.id(), cpu));
        });
    }

    /**
     * Makes a pool of the CPUs of each NUMA node: pool 0 keeps those of one node, and each other node gets a new pool with
     * pool 0's scheduler. Their names are {@code Pool-nodeN}. If that fails, pool 0 has all its CPUs and its name again.
     *
     * @return all pools, by ascending number
     * @throws DomainStateException if there are other pools than pool 0
     */
    public List<CpuPool> splitByNode() {
        return context.attempting("making a pool of each NUMA node", () -> {
            if (calls().list().size() != 1) {
                throw new DomainStateException("there are other pools than pool 0; destroy them first");
            }
            CpuPool first = status(0);
            List<Integer> nodes = context.xenctrl().cpus().nodes();
            int own = nodes.get(first.cpus().cpus().iterator().next());
            List<CpuPool> made = new ArrayList<>();
            try {
                for (int node : new TreeSet<>(nodes)) {
                    CpuSet cpus =
                            CpuList.parse("node:" + Math.max(0, node)).on(nodes).and(first.cpus());
                    if (node >= 0 && node != own && !cpus.isEmpty()) {
                        removeCpus(first, cpus);
                        made.add(create(NODE_POOL + node, first.scheduler(), cpus));
                    }
                }
                rename(first, NODE_POOL + own);
            } catch (RuntimeException e) {
                undoSplit(first, made, e);
                throw e;
            }
            return list();
        });
    }

    private void undoSplit(CpuPool first, List<CpuPool> made, RuntimeException failure) {
        try {
            made.forEach(this::destroy);
            addCpus(first, first.cpus().minus(status(0).cpus()));
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /** Does something with each CPU, and fails after the last one. */
    private static CpuSet each(CpuSet cpus, IntConsumer action) {
        if (cpus.isEmpty()) {
            throw new ConfigException("the host has none of these CPUs");
        }
        List<Integer> failed = new ArrayList<>();
        List<HypercallException> failures = new ArrayList<>();
        cpus.cpus().forEach(cpu -> {
            try {
                action.accept(cpu);
            } catch (HypercallException e) {
                failed.add(cpu);
                failures.add(e);
            }
        });
        if (!failures.isEmpty()) {
            CpuSet remaining = CpuSet.of(failed.stream().mapToInt(cpu -> cpu).toArray());
            throw new DomainStateException(reason(remaining, failures.get(0)), failures.get(0));
        }
        return cpus;
    }

    private static String reason(CpuSet cpus, HypercallException failure) {
        String last = failure.errno().equals(Errno.EBUSY) ? " (the last CPU of a pool with domains stays)" : "";
        return "Xen refused CPUs " + cpus + ": " + failure.errno() + last;
    }

    /**
     * {@return the parameters of the pool's scheduler}
     *
     * @param pool a pool whose scheduler is credit or credit2
     */
    public SchedulerParameters parameters(CpuPool pool) {
        return context.attempting("reading the scheduler parameters of " + pool, () -> {
            PoolCalls.Parameters found = calls().parameters(pool.id(), weighted(status(pool.id())));
            return new SchedulerParameters(found.timeSliceMs(), found.rateLimitUs(), found.migrationDelayUs());
        });
    }

    /**
     * Sets the parameters of the pool's scheduler.
     *
     * @param pool a pool whose scheduler is credit or credit2
     * @param parameters all parameters that this scheduler has
     */
    public void setParameters(CpuPool pool, SchedulerParameters parameters) {
        context.attempting("setting the scheduler parameters of " + pool, () -> {
            Scheduler scheduler = weighted(status(pool.id()));
            boolean creditOnly = parameters.timeSliceMs().isPresent()
                    || parameters.migrationDelayUs().isPresent();
            if (creditOnly != (scheduler == Scheduler.CREDIT)) {
                throw new ConfigException("time slice and migration delay are parameters of credit, and the pool has "
                        + scheduler.word());
            }
            requireRange("the time slice", parameters.timeSliceMs(), 1, 1000);
            requireRange("the migration delay", parameters.migrationDelayUs(), 0, 100_000);
            if (parameters.rateLimitUs() != 0) {
                requireRange("the rate limit", OptionalInt.of(parameters.rateLimitUs()), 100, 500_000);
            }
            calls().setParameters(
                            pool.id(),
                            scheduler,
                            new PoolCalls.Parameters(
                                    parameters.timeSliceMs(), parameters.rateLimitUs(), parameters.migrationDelayUs()));
            return parameters;
        });
    }

    private static void requireRange(String what, OptionalInt value, int least, int most) {
        if (value.isPresent() && (value.getAsInt() < least || value.getAsInt() > most)) {
            throw new ConfigException(what + " is " + least + " to " + most + ", not " + value.getAsInt());
        }
    }

    /** The scheduler of a pool, if it is one with weights. */
    static Scheduler weighted(CpuPool pool) {
        return pool.scheduler()
                .filter(scheduler -> scheduler == Scheduler.CREDIT || scheduler == Scheduler.CREDIT2)
                .orElseThrow(() -> new DomainStateException(pool + " has neither credit nor credit2"));
    }

    CpuPool status(int id) {
        return calls().info(id).map(this::named).orElseThrow(() -> new DomainStateException("there is no pool " + id));
    }

    private CpuPool named(PoolInfo info) {
        return new CpuPool(
                info.id(),
                context.store().read(path(info.id(), "name")).orElse(""),
                Scheduler.ofId(info.schedulerId()),
                info.cpus(),
                info.domains());
    }

    private void requireFree(CpuSet cpus) {
        CpuSet taken = cpus.minus(calls().freeCpus());
        if (!taken.isEmpty()) {
            throw new DomainStateException("CPUs " + taken + " are in a pool, or offline");
        }
    }

    private void requireUnused(String name, int except) {
        StoreTransaction store = context.store().direct();
        for (PoolInfo pool : calls().list()) {
            if (pool.id() != except && store.read(path(pool.id(), "name")).equals(Optional.of(name))) {
                throw new DomainStateException("pool " + pool.id() + " has the name '" + name + "'");
            }
        }
    }

    private static void requireName(String name) {
        if (!name.matches(NAME) || name.matches("\\d+")) {
            throw new ConfigException(
                    "the name of a pool is 1 to 64 visible characters without /, not only digits: '" + name + "'");
        }
    }

    private static String path(int pool, String node) {
        return ROOT + "/" + pool + "/" + node;
    }

    private PoolCalls calls() {
        return context.xenctrl().pools();
    }
}
