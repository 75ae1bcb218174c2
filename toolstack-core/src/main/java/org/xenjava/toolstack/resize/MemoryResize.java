// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.MemorySizes;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.memory.GuestShape;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * Sets the size of a running domain and its maximum, by the rule of its build. The caller excludes other
 * threads of its process. If another process changes the domain at the same time, the commit fails and the operation
 * is repeated.
 */
public final class MemoryResize {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryResize.class);
    private static final KiB SMALLEST = KiB.ofMiB(1);

    /** Limit of commits that fail because another process changes the domain at the same time. */
    private static final int MAX_TRIES = 20;

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final PodPolicy policy;
    private final LeaseHolder holder;

    /** @param processes signs the lease under which host memory is claimed */
    public MemoryResize(Xenctrl xenctrl, StoreClient store, PodPolicy policy, ProcessIdentity processes) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.policy = policy;
        this.holder = LeaseHolder.ofProcess(processes);
    }

    /** Reads the present sizes of the domain. */
    public MemoryStatus status(DomainInfo info) {
        return read(new DomainPaths(info.domid())).status(info);
    }

    private MemoryNodes read(DomainPaths paths) {
        return MemoryNodes.read(store.direct(), paths);
    }

    /**
     * Sets the size: max_mem, claim and PoD target, then {@code memory/target}, so that the guest learns only of
     * memory that it can get. A failure restores max_mem.
     *
     * @param info the present state of the domain
     * @param memory a whole number of pages, 1 MiB and video RAM … static-max
     */
    public void setMemory(DomainInfo info, KiB memory) {
        DomainPaths paths = new DomainPaths(info.domid());
        String attempt = "setting the memory of domain " + info.domid() + " to " + memory;
        MemoryGrowth growth =
                new MemoryGrowth(xenctrl, store, holder, info.domid(), Pages.of(info.maxPages()), attempt);
        try {
            for (int tries = 0; tries < MAX_TRIES; tries++) {
                MemoryNodes nodes = read(paths);
                requireSize(memory, nodes, paths);
                PodCounters counters = counters(info);
                ResizeDecision decision = decision(info, nodes, counters, memory);
                if (given(growth, decision, counters, paths, nodes)
                        && store.inTransaction(transaction -> commit(transaction, paths, nodes, memory, decision))) {
                    growth.confirm(decision.maxMem());
                    return;
                }
            }
            throw new DomainStateException(
                    attempt + ": other processes have changed its memory " + MAX_TRIES + " times meanwhile; try again");
        } catch (RuntimeException e) {
            restore(growth, paths, info);
            throw XenFailures.translate(Attempt.on(info.domid(), attempt), e);
        }
    }

    /** The PoD counters of a domain. A PV domain has none in Xen: its entries and its cache are 0. */
    private PodCounters counters(DomainInfo info) {
        return info.hvm() ? xenctrl.memory().podTarget(info.domid()) : new PodCounters(info.totPages(), 0, 0);
    }

    private ResizeDecision decision(DomainInfo info, MemoryNodes nodes, PodCounters counters, KiB memory) {
        return info.hvm()
                ? ResizeDecision.of(policy, nodes, counters, memory)
                : ResizeDecision.ofBallooning(policy, memory);
    }

    /** Restores max_mem after a failure, or sets what another process needs that has set a size meanwhile. */
    private void restore(MemoryGrowth growth, DomainPaths paths, DomainInfo info) {
        if (!growth.hasSetMaxMem()) {
            return;
        }
        growth.undo();
        try {
            MemoryNodes now = read(paths);
            PodCounters counters = counters(info);
            growth.confirm(decision(info, now, counters, now.size()).maxMem());
        } catch (RuntimeException e) {
            LOG.warn("domain {}: it is not known whether max_mem fits its size: {}", paths.domid(), e.getMessage());
        }
    }

    /** Applies the decision in Xen; false if another process has resized the domain since it was read. */
    private boolean given(
            MemoryGrowth growth, ResizeDecision decision, PodCounters counters, DomainPaths paths, MemoryNodes nodes) {
        try {
            growth.grow(
                    decision.maxMem(),
                    Pages.of(counters.totPages()),
                    decision.total(),
                    decision.podTarget(),
                    Pages.ZERO);
            return true;
        } catch (DomainStateException e) {
            if (read(paths).equals(nodes)) {
                throw e;
            }
            return false;
        }
    }

    private static void requireSize(KiB memory, MemoryNodes nodes, DomainPaths paths) {
        KiB least = nodes.videoRam().plus(SMALLEST);
        if (memory.isLessThan(least)
                || nodes.limit().isLessThan(memory)
                || !memory.toPages().toKiB().equals(memory)) {
            throw new ConfigException("the memory of domain " + paths.domid() + " is whole pages, " + least + " … "
                    + nodes.limit() + ", not " + memory + "; it was built for a static-max of " + nodes.staticMax()
                    + ", and a larger one set by mem-max takes effect when it is built again");
        }
    }

    /**
     * Records the size for which the cache was grown in any case, and returns whether the nodes are unchanged since
     * they were read.
     */
    private boolean commit(
            StoreTransaction transaction, DomainPaths paths, MemoryNodes read, KiB memory, ResizeDecision decision) {
        MemoryNodes now = MemoryNodes.read(transaction, paths);
        KiB backed = now.backed().orElse(now.size());
        if (backed.isLessThan(memory)) {
            write(transaction, paths.podBackedKib(), memory);
        }
        if (!now.equals(read)) {
            LOG.debug("domain {}: another process has changed {} to {}", paths.domid(), read, now);
            return false;
        }
        write(transaction, paths.memoryTarget(), decision.target());
        decision.loan().ifPresent(loan -> loan.write(transaction, paths));
        // libxl writes this node for old readers of xend's tree.
        transaction
                .read(paths.of("vm"))
                .filter(vm -> vm.matches("/vm/[0-9a-f-]{36}"))
                .ifPresent(vm -> transaction.write(
                        vm + "/memory", Long.toString(decision.target().toMiB())));
        return true;
    }

    private static void write(StoreTransaction transaction, String path, KiB size) {
        transaction.write(path, Long.toString(size.value()));
    }

    /**
     * Sets max_mem so that the domain may own that much and the usual head-room, and the maximum that the next build
     * of the domain uses. {@code memory/static-max} stays: it is the size that the running guest's memory map was
     * built for, and balloon drivers compute with it.
     *
     * @param info the domain as it is now
     * @param maxMemory whole MiB, at least the present size
     */
    public void setMaxMemory(DomainInfo info, KiB maxMemory) {
        DomainPaths paths = new DomainPaths(info.domid());
        String attempt = "setting the maximum memory of domain " + info.domid() + " to " + maxMemory;
        MemoryGrowth limit = new MemoryGrowth(xenctrl, store, holder, info.domid(), Pages.of(info.maxPages()), attempt);
        try {
            for (int tries = 0; tries < MAX_TRIES; tries++) {
                MemoryNodes nodes = read(paths);
                requireMaximum(maxMemory, nodes, attempt);
                GuestShape full = new GuestShape(maxMemory, maxMemory, nodes.videoRam(), Pages.ZERO);
                // A guest that has not ballooned yet owns its slack as well.
                limit.limit(policy.maxMem(full).max(Pages.of(info.totPages()).toKiB()));
                if (store.inTransaction(transaction -> commit(transaction, paths, nodes, maxMemory))) {
                    return;
                }
            }
            throw new DomainStateException(
                    attempt + ": other processes have changed its memory " + MAX_TRIES + " times meanwhile; try again");
        } catch (RuntimeException e) {
            restore(limit, paths, info);
            throw XenFailures.translate(Attempt.on(info.domid(), attempt), e);
        }
    }

    /**
     * Sets the size for a balancer, unless another process has set another one. A guest that shrinks keeps its max_mem
     * until {@link #confine}; a guest that grows gets it first, as {@link #setMemory} does.
     *
     * @param info the present state of the domain
     * @param from the size that the domain is expected to have
     * @param to a whole number of pages, 1 MiB and video RAM … static-max
     * @param reserve pages of the host that have to stay free and unclaimed
     * @param note what is written to xenstore with the new size
     * @return false if the domain has another size; nothing was changed
     */
    public boolean move(DomainInfo info, KiB from, KiB to, Pages reserve, Consumer<StoreTransaction> note) {
        DomainPaths paths = new DomainPaths(info.domid());
        String attempt = "balancing domain " + info.domid() + " to " + to;
        MemoryNodes nodes = read(paths);
        if (!nodes.size().equals(from)) {
            return false;
        }
        requireSize(to, nodes, paths);
        PodCounters counters = counters(info);
        ResizeDecision decision = decision(info, nodes, counters, to);
        MemoryGrowth growth =
                new MemoryGrowth(xenctrl, store, holder, info.domid(), Pages.of(info.maxPages()), attempt);
        try {
            if (from.isLessThan(to)) {
                KiB maxMem = decision.maxMem().max(Pages.of(info.maxPages()).toKiB());
                growth.grow(maxMem, Pages.of(counters.totPages()), decision.total(), decision.podTarget(), reserve);
            }
            boolean done = store.inTransaction(transaction -> {
                boolean committed = commit(transaction, paths, nodes, to, decision);
                if (committed) {
                    note.accept(transaction);
                }
                return committed;
            });
            if (!done) {
                restore(growth, paths, info);
            }
            return done;
        } catch (RuntimeException e) {
            restore(growth, paths, info);
            throw XenFailures.translate(Attempt.on(info.domid(), attempt), e);
        }
    }

    /**
     * Lowers max_mem to what the domain's size needs, if the domain owns no more than that and mem-max has not set
     * another limit.
     *
     * @param info the present state of the domain
     */
    public void confine(DomainInfo info) {
        MemoryNodes nodes = read(new DomainPaths(info.domid()));
        PodCounters counters = counters(info);
        KiB maxMem = decision(info, nodes, counters, nodes.size()).maxMem();
        boolean fits = counters.totPages() <= maxMem.toPages().count() && counters.debt() <= 0;
        if (fits
                && maxMem.toPages().count() < info.maxPages()
                && nodes.loan().isEmpty()
                && nodes.nextMaximum().isEmpty()) {
            xenctrl.memory().setMaxMem(info.domid(), maxMem);
        }
    }

    /**
     * Releases the claim that a process has left which ended while it grew the domain.
     *
     * @param info the present state of the domain
     */
    public void releaseAbandonedClaim(DomainInfo info) {
        new MemoryGrowth(
                        xenctrl,
                        store,
                        holder,
                        info.domid(),
                        Pages.of(info.maxPages()),
                        "looking at the claim of domain " + info.domid())
                .releaseAbandoned();
    }

    private static void requireMaximum(KiB maxMemory, MemoryNodes nodes, String attempt) {
        KiB size = nodes.size();
        if (!maxMemory.isMultipleOfMiB() || maxMemory.isLessThan(size) || MemorySizes.MAXIMUM.isLessThan(maxMemory)) {
            throw new ConfigException(attempt + ": it is whole MiB, at least the present size of " + size
                    + " and at most 16 TiB; lower the size first (mem-set)");
        }
    }

    private static boolean commit(StoreTransaction transaction, DomainPaths paths, MemoryNodes read, KiB maxMemory) {
        boolean holds = MemoryNodes.read(transaction, paths).equals(read);
        if (holds) {
            write(transaction, paths.nextMaximumKib(), maxMemory);
        }
        return holds;
    }
}
