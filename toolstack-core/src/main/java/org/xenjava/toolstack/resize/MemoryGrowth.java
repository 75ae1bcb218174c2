// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Grows a running domain's memory under a claim: max_mem, then the claim, then the PoD target, then the rest of the
 * claim is released. A claim outlives its process and excludes every other claim of that domain, so the process takes
 * a lease first. The next growth, or a balancer, removes the claim of a dead process.
 */
public final class MemoryGrowth {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryGrowth.class);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final Lease lease;
    private final int domid;
    private final Pages maxBefore;
    private final String attempt;

    /** The max_mem that this growth has set last. */
    private Optional<Pages> max = Optional.empty();

    /**
     * @param maxBefore max_mem as it is now, for {@link #undo}
     * @param attempt beginning of messages
     */
    public MemoryGrowth(
            Xenctrl xenctrl, StoreClient store, LeaseHolder holder, int domid, Pages maxBefore, String attempt) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.lease = holder.lease(new DomainPaths(domid).resizing());
        this.domid = domid;
        this.maxBefore = maxBefore;
        this.attempt = attempt;
    }

    /**
     * Sets max_mem and grows the domain.
     *
     * @param maxMem the new max_mem, at least {@code total}
     * @param owned pages that the domain owns
     * @param total pages that the domain will own; the host must have the pages that it lacks
     * @param podTarget the PoD target to set; empty if the guest takes the pages itself
     * @param reserve pages of the host that have to stay free and unclaimed
     * @throws org.xenjava.toolstack.error.HostMemoryException if the host has too little memory; nothing was taken
     * @throws DomainStateException if another process has a claim for the domain, or may have one
     */
    public void grow(KiB maxMem, Pages owned, Pages total, Optional<Pages> podTarget, Pages reserve) {
        limit(maxMem);
        if (total.isMoreThan(owned)) {
            underClaim(owned, total, podTarget, reserve);
        } else {
            podTarget.ifPresent(this::setPodTarget);
        }
    }

    /** Sets max_mem, also if it seems to have that value: another process may have changed it since it was read. */
    public void limit(KiB maxMem) {
        // A call that fails may have set it.
        max = Optional.of(maxMem.toPages());
        xenctrl.memory().setMaxMem(domid, maxMem);
    }

    private void underClaim(Pages owned, Pages total, Optional<Pages> podTarget, Pages reserve) {
        HostClaim claim = new HostClaim(xenctrl, domid, attempt);
        if (sign() != Lease.State.FREE) {
            claim.releaseAny();
        }
        try {
            claim.take(total, owned.count());
            requireReserve(reserve);
            podTarget.ifPresent(this::setPodTarget);
        } finally {
            claim.release();
            store.inTransaction(lease::release);
        }
    }

    /**
     * After the claim: of two processes that take the last pages at once, both see the other's claim. A release of
     * which only the stable interfaces are known does not tell its free memory; there, nothing raises max_mem, and a
     * claim within it is all that can be made sure of.
     */
    private void requireReserve(Pages reserve) {
        if (reserve.equals(Pages.ZERO) || xenctrl.limitation().isPresent()) {
            return;
        }
        long free = xenctrl.host().physInfo().availablePages();
        if (free < reserve.count()) {
            throw new HostMemoryException(attempt + ": the host would have " + free + " free and unclaimed pages left, "
                    + "and " + reserve + " are to stay free");
        }
    }

    /** Takes the lease and returns its earlier state. Unless it was free, a claim may be left over. */
    private Lease.State sign() {
        return store.inTransaction(transaction -> {
            Lease.State before = lease.take(transaction);
            if (before == Lease.State.HELD) {
                throw new DomainStateException(attempt + ": process "
                        + lease.heldBy(transaction).orElseThrow()
                        + " is resizing it; try again later");
            }
            return before;
        });
    }

    /** Releases the claim of a process that is dead, and its lease. Does nothing if no dead process has the lease. */
    void releaseAbandoned() {
        boolean taken = store.inTransaction(transaction ->
                lease.state(transaction) == Lease.State.ABANDONED && lease.take(transaction) != Lease.State.HELD);
        if (taken) {
            LOG.info("{}: the claim of a process that has ended is released", attempt);
            new HostClaim(xenctrl, domid, attempt).releaseAny();
            store.inTransaction(lease::release);
        }
    }

    private void setPodTarget(Pages target) {
        LOG.debug(
                "domain {}: PoD target {}, now {}",
                domid,
                target,
                xenctrl.memory().setPodTarget(domid, target));
    }

    /** Whether max_mem was set, or may have been. */
    boolean hasSetMaxMem() {
        return max.isPresent();
    }

    /**
     * Sets max_mem again if it has become less: another process that failed may have restored it to what it had read
     * before. A failure is logged.
     */
    void confirm(KiB maxMem) {
        try {
            boolean less = xenctrl.domains()
                    .info(domid)
                    .filter(info -> info.maxPages() < maxMem.toPages().count())
                    .isPresent();
            if (less) {
                limit(maxMem);
            }
        } catch (RuntimeException e) {
            LOG.warn("domain {}: max_mem was not read back, and may be less than {}", domid, maxMem, e);
        }
    }

    /** Restores max_mem, unless another process has changed it since this growth has set it; a failure is logged. */
    public void undo() {
        if (max.isEmpty()) {
            return;
        }
        try {
            boolean unchanged = xenctrl.domains()
                    .info(domid)
                    .filter(info -> max.equals(Optional.of(Pages.of(info.maxPages()))))
                    .isPresent();
            if (unchanged) {
                limit(maxBefore.toKiB());
            }
        } catch (RuntimeException e) {
            LOG.warn("domain {}: max_mem could not be restored to {}", domid, maxBefore, e);
        }
    }
}
