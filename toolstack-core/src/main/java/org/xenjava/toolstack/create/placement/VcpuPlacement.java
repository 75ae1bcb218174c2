// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create.placement;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.CpuCalls.PinOverride;
import org.xenjava.toolstack.xenctrl.PoolCalls;
import org.xenjava.toolstack.xenctrl.PoolInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** Gives the vCPUs of a new domain their pool, CPUs and share. All of it is looked up before the domain exists. */
public final class VcpuPlacement {
    private final Xenctrl xenctrl;
    private final CpuPlacement wanted;
    private final Optional<PoolInfo> pool;
    private final List<CpuSet> hard;
    private final List<CpuSet> soft;

    /**
     * Looks up what a configuration names.
     *
     * @param xenctrl the hypercalls
     * @param store xenstore, which has the names of pools
     * @param wanted the configuration's choice
     * @throws ConfigException if the host has no such pool, or its pool none of the CPUs
     */
    public VcpuPlacement(Xenctrl xenctrl, StoreClient store, CpuPlacement wanted) {
        this.xenctrl = xenctrl;
        this.wanted = wanted;
        if (wanted.equals(CpuPlacement.DEFAULT)) {
            pool = Optional.empty();
            hard = List.of();
            soft = List.of();
            return;
        }
        PoolInfo found = find(store, wanted.pool().orElse("0"));
        pool = Optional.of(found);
        if (found.cpus().isEmpty()) {
            throw new ConfigException("pool '" + wanted.pool().orElse("0") + "' has no CPU");
        }
        List<Integer> nodes = wanted.hard().isEmpty() && wanted.soft().isEmpty()
                ? List.of()
                : xenctrl.cpus().nodes();
        hard = wanted.hard().stream().map(list -> reachable(list, nodes, found)).toList();
        soft = wanted.soft().stream().map(list -> list.on(nodes)).toList();
        if (wanted.weight().isPresent() || wanted.cap().isPresent()) {
            scheduler(found);
        }
    }

    /** A number is the number of a pool, as in xl; of two pools with one name, that with the lower number is taken. */
    private PoolInfo find(StoreClient store, String nameOrId) {
        List<PoolInfo> pools = xenctrl.pools().list();
        return pools.stream()
                .filter(one -> nameOrId.equals(Integer.toString(one.id()))
                        || store.read("/local/pool/" + one.id() + "/name").equals(Optional.of(nameOrId)))
                .findFirst()
                .orElseThrow(() -> new ConfigException("there is no pool '" + nameOrId + "'"));
    }

    private static CpuSet reachable(CpuList list, List<Integer> nodes, PoolInfo pool) {
        CpuSet cpus = list.on(nodes);
        if (cpus.and(pool.cpus()).isEmpty()) {
            throw new ConfigException("cpus \"" + list + "\" has no CPU of the guest's pool, which has " + pool.cpus());
        }
        return cpus;
    }

    private static Scheduler scheduler(PoolInfo pool) {
        return Scheduler.ofId(pool.schedulerId())
                .filter(one -> one == Scheduler.CREDIT || one == Scheduler.CREDIT2)
                .orElseThrow(
                        () -> new ConfigException("cpu_weight and cap need a pool with scheduler credit or credit2"));
    }

    /** {@return the same placement with the numbers of CPUs in the place of NUMA nodes} */
    public CpuPlacement resolved() {
        return new CpuPlacement(lists(hard), lists(soft), wanted.weight(), wanted.cap(), wanted.pool());
    }

    private static List<CpuList> lists(List<CpuSet> sets) {
        return sets.stream()
                .map(set -> set.isEmpty() ? CpuList.parse("all") : CpuList.of(set))
                .toList();
    }

    /** Whether the configuration says where vCPUs should run. */
    boolean hasPreferences() {
        return !soft.isEmpty();
    }

    /** The CPUs that the configuration chooses for a vCPU, those on which it may run and those on which it should. */
    Stream<CpuSet> chosen(int vcpu) {
        return Stream.concat(at(hard, vcpu).stream(), at(soft, vcpu).stream());
    }

    /** The CPUs of the domain's pool. */
    CpuSet poolCpus() {
        return pool.map(PoolInfo::cpus)
                .orElseGet(() -> xenctrl.pools().info(0).orElseThrow().cpus());
    }

    /**
     * The CPUs on which a domain may be placed automatically; empty if its configuration has placed it: with CPUs on which
     * its vCPUs should run, with different CPUs for its vCPUs, or with CPUs of one node, where Xen takes the memory itself.
     */
    Optional<CpuSet> automatic(int vcpus) {
        boolean isUniform =
                hard.isEmpty() || hard.size() == vcpus && Set.copyOf(hard).size() == 1;
        if (!soft.isEmpty() || !isUniform) {
            return Optional.empty();
        }
        CpuSet ofPool = poolCpus();
        return Optional.of(hard.isEmpty() ? ofPool : ofPool.and(hard.get(0)));
    }

    /**
     * Moves a domain that has no vCPUs yet.
     *
     * @param domid number of the domain
     */
    public void enterPool(int domid) {
        pool.filter(one -> one.id() != 0).ifPresent(one -> xenctrl.pools().moveDomain(domid, one.id()));
    }

    /**
     * Sets affinities and share of a domain with vCPUs.
     *
     * @param domid number of the domain
     */
    public void apply(int domid) {
        for (int vcpu = 0; vcpu < Math.max(hard.size(), soft.size()); vcpu++) {
            xenctrl.cpus().setAffinity(domid, vcpu, at(hard, vcpu), at(soft, vcpu), PinOverride.KEEP);
        }
        if (wanted.weight().isPresent() || wanted.cap().isPresent()) {
            Scheduler scheduler = scheduler(pool.orElseThrow());
            PoolCalls.Share share = xenctrl.pools().share(domid, scheduler);
            xenctrl.pools()
                    .setShare(
                            domid,
                            scheduler,
                            new PoolCalls.Share(
                                    wanted.weight().orElse(share.weight()),
                                    wanted.cap().orElse(share.cap())));
        }
    }

    private static Optional<CpuSet> at(List<CpuSet> sets, int index) {
        return index < sets.size() ? Optional.of(sets.get(index)) : Optional.empty();
    }
}
