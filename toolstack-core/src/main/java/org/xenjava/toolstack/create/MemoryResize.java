// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.MemorySizes;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.memory.GuestShape;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.ProcessIdentity;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * Changes the size of a running HVM or PVH domain, by the rule that it was built with. One resize at a time per
 * domain; the caller sees to that within its process, the xenstore transaction between processes.
 */
public final class MemoryResize {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryResize.class);
    private static final KiB SMALLEST = KiB.ofMiB(1);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final PodPolicy policy;
    private final ProcessIdentity processes;
    private final DomainPaths paths;
    private final int domid;

    /** @param processes what a claim on host memory is signed with */
    public MemoryResize(Xenctrl xenctrl, StoreClient store, PodPolicy policy, ProcessIdentity processes, int domid) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.policy = policy;
        this.processes = processes;
        this.paths = new DomainPaths(domid);
        this.domid = domid;
    }

    /** What the domain has now. */
    public MemoryStatus status() {
        return status(store.direct());
    }

    /**
     * Order: max_mem, claim, PoD target, then xenstore; so the guest is only told of memory that it can get. A failure
     * puts max_mem back.
     *
     * @param memory a whole number of pages, 1 MiB and video RAM … static-max
     */
    public void setMemory(KiB memory) {
        DomainInfo before = info();
        XenSide xen = new XenSide(before.maxPages());
        try {
            store.inTransaction(transaction -> {
                MemoryStatus now = status(transaction);
                requireSize(memory, now);
                GuestShape shape = new GuestShape(memory, now.staticMax(), now.videoRam(), Pages.ZERO);
                KiB backed = transaction.readKib(paths.podBackedKib()).orElse(now.size());
                xen.resize(shape, backed);
                if (backed.isLessThan(memory)) {
                    transaction.write(paths.podBackedKib(), Long.toString(memory.value()));
                }
                writeTarget(transaction, policy.resizeTarget(shape));
                return memory;
            });
        } catch (RuntimeException e) {
            xen.restore();
            throw XenFailures.translate(Attempt.on(domid, attempt(memory)), e);
        }
    }

    private String attempt(KiB memory) {
        return "setting the memory of domain " + domid + " to " + memory;
    }

    /**
     * Sets {@code memory/static-max}, and max_mem so that the domain may own that much and the usual head-room.
     *
     * @param maxMemory whole MiB, at least the present size
     */
    public void setMaxMemory(KiB maxMemory) {
        String attempt = "setting the maximum memory of domain " + domid + " to " + maxMemory;
        DomainInfo before = info();
        XenSide xen = new XenSide(before.maxPages());
        try {
            store.inTransaction(transaction -> {
                MemoryStatus now = status(transaction);
                if (!maxMemory.isMultipleOfMiB()
                        || maxMemory.isLessThan(now.size())
                        || MemorySizes.MAXIMUM.isLessThan(maxMemory)) {
                    throw new ConfigException(attempt + ": it is whole MiB, at least the present size of " + now.size()
                            + " and at most 16 TiB; lower the size first (mem-set)");
                }
                GuestShape full = new GuestShape(maxMemory, maxMemory, now.videoRam(), Pages.ZERO);
                // A guest that has not ballooned yet owns its slack as well.
                xen.setMaxMem(policy.maxMem(full).max(now.totPages().toKiB()));
                transaction.write(paths.memoryStaticMax(), Long.toString(maxMemory.value()));
                return maxMemory;
            });
        } catch (RuntimeException e) {
            xen.restore();
            throw XenFailures.translate(Attempt.on(domid, attempt), e);
        }
    }

    private void requireSize(KiB memory, MemoryStatus now) {
        KiB least = now.videoRam().plus(SMALLEST);
        if (memory.isLessThan(least)
                || now.staticMax().isLessThan(memory)
                || !memory.toPages().toKiB().equals(memory)) {
            throw new ConfigException("the memory of domain " + domid + " is whole pages, " + least + " … "
                    + now.staticMax() + " (static-max; raise it with mem-max), not " + memory);
        }
    }

    private void writeTarget(StoreTransaction transaction, KiB target) {
        transaction.write(paths.memoryTarget(), Long.toString(target.value()));
        // libxl keeps this one for xend's heirs.
        transaction
                .read(paths.of("vm"))
                .filter(vm -> vm.matches("/vm/[0-9a-f-]{36}"))
                .ifPresent(vm -> transaction.write(vm + "/memory", Long.toString(target.toMiB())));
    }

    private MemoryStatus status(StoreTransaction transaction) {
        DomainInfo info = info();
        KiB target = required(transaction, paths.memoryTarget());
        KiB staticMax = required(transaction, paths.memoryStaticMax());
        KiB videoRam = transaction.readKib(paths.memoryVideoRam()).orElse(KiB.ZERO);
        return new MemoryStatus(target, staticMax, videoRam, Pages.of(info.totPages()), Pages.of(info.maxPages()));
    }

    private KiB required(StoreTransaction transaction, String path) {
        return transaction
                .readKib(path)
                .orElseThrow(() -> new DomainStateException(
                        "domain " + domid + ": no number at " + path + "; is it still being built?"));
    }

    private DomainInfo info() {
        return XenFailures.translating("looking at the memory of domain " + domid, () -> xenctrl.domains()
                        .info(domid))
                .orElseThrow(() -> new DomainGoneException("domain " + domid + " is gone"));
    }

    /** The hypercalls of one resize. A transaction that conflicts runs again; what Xen was given is remembered. */
    private final class XenSide {
        private final long maxPagesBefore;
        private Optional<KiB> given = Optional.empty();
        private boolean maxMemChanged;

        XenSide(long maxPagesBefore) {
            this.maxPagesBefore = maxPagesBefore;
        }

        void resize(GuestShape shape, KiB backedBefore) {
            PodCounters now = xenctrl.memory().podTarget(domid);
            KiB backed = given.map(backedBefore::max).orElse(backedBefore);
            KiB maxMem = policy.maxMem(shape);
            Optional<Pages> podTarget =
                    policy.resizePodTarget(shape, backed, now).map(target -> target.min(maxMem.toPages()));
            setMaxMem(maxMem);
            Pages total = podTarget.orElse(shape.memory().toPages());
            Runnable give = () -> podTarget.ifPresent(this::setPodTarget);
            if (now.totPages() < total.count()) {
                claiming(total, now.totPages(), attempt(shape.memory()), give);
            } else {
                give.run();
            }
            given = Optional.of(shape.memory());
        }

        /** Under a signature: a claim outlives its process, and while it lasts Xen refuses every other one. */
        private void claiming(Pages total, long owned, String attempt, Runnable work) {
            if (sign(attempt)) {
                xenctrl.memory().claimPages(domid, Pages.ZERO);
            }
            HostClaim claim = new HostClaim(xenctrl, domid, attempt);
            try {
                claim.take(total, owned);
                work.run();
            } finally {
                claim.release();
                store.direct().remove(paths.resizing());
            }
        }

        /** Answers whether a process that is gone, or an earlier attempt of this one, has left its claim. */
        private boolean sign(String attempt) {
            return store.inTransaction(transaction -> {
                Lease.State before = resizing().take(transaction);
                if (before == Lease.State.HELD) {
                    throw new DomainStateException(attempt + ": process "
                            + resizing().heldBy(transaction).orElseThrow()
                            + " is resizing it; try again when it is done");
                }
                return before != Lease.State.FREE;
            });
        }

        private Lease resizing() {
            return LeaseHolder.ofProcess(processes).lease(paths.resizing());
        }

        private void setPodTarget(Pages target) {
            PodCounters after = xenctrl.memory().setPodTarget(domid, target);
            LOG.debug("domain {}: PoD target {}, now {}", domid, target, after);
        }

        void setMaxMem(KiB maxMem) {
            xenctrl.memory().setMaxMem(domid, maxMem);
            maxMemChanged = true;
        }

        void restore() {
            if (maxMemChanged) {
                try {
                    xenctrl.memory().setMaxMem(domid, Pages.of(maxPagesBefore).toKiB());
                } catch (RuntimeException e) {
                    LOG.warn("domain {}: max_mem could not be put back to {} pages", domid, maxPagesBefore, e);
                }
            }
        }
    }
}
