// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * Lends a new domain the pages that its entries lack until its balloon driver has worked. The loan is recorded before
 * it is given and has no owner afterwards: the first guard that reads the domain lowers max_mem when the loan is
 * repaid. A build succeeds even if the host cannot lend.
 */
public final class BootBacking {
    private static final Logger LOG = LoggerFactory.getLogger(BootBacking.class);

    private static final Duration BETWEEN_TRIES = Duration.ofMillis(500);

    /** A boot that gives nothing back for this time is not waited for. */
    private static final Duration LONGEST_STILLNESS = Duration.ofSeconds(20);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final LeaseHolder holder;
    private final BackedBoot policy;
    private final Consumer<Duration> pause;

    /**
     * @param processes signs the loan while it is given
     * @param pause lets time pass
     */
    public BootBacking(
            Xenctrl xenctrl,
            StoreClient store,
            ProcessIdentity processes,
            BackedBoot policy,
            Consumer<Duration> pause) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.holder = LeaseHolder.ofProcess(processes);
        this.policy = policy;
        this.pause = pause;
    }

    /**
     * Runs work that claims host memory. While the host has too little and backed boots are giving memory back, the
     * work is tried again. A guest keeps the pages that its entries need.
     *
     * @param claim throws a {@link HostMemoryException}, and takes nothing, if the host has too little
     */
    public void awaitingReturns(Runnable claim) {
        awaitingReturns(() -> {
            claim.run();
            return claim;
        });
    }

    /** Runs work with a result as {@link #awaitingReturns(Runnable)} does. */
    public <T> T awaitingReturns(Supplier<T> claim) {
        long least = Long.MAX_VALUE;
        for (Duration idle = Duration.ZERO; ; idle = idle.plus(BETWEEN_TRIES)) {
            try {
                return claim.get();
            } catch (HostMemoryException e) {
                long left = LoanLedger.read(store.direct())
                        .outstandingOfBoots(xenctrl.domains().list());
                if (left < least) {
                    least = left;
                    idle = Duration.ZERO;
                }
                if (left == 0 || idle.compareTo(LONGEST_STILLNESS) >= 0) {
                    throw e;
                }
                LOG.debug("waiting for {} pages that backed boots will give back", left);
                pause.accept(BETWEEN_TRIES);
            }
        }
    }

    /** Whether the policy backs boots. */
    public boolean isOn() {
        return !policy.equals(BackedBoot.off());
    }

    /**
     * Backs the boot of a domain that is paused and has its tree in xenstore.
     *
     * @return pages lent; zero if no page is missing, or if the policy or the host does not allow a loan
     */
    public Pages back(DomainInfo info) {
        int domid = info.domid();
        PodCounters counters = xenctrl.memory().podTarget(domid);
        if (counters.debt() <= 0) {
            return Pages.ZERO;
        }
        Pages missing = Pages.of(counters.debt());
        Pages available = Pages.of(Math.max(0, xenctrl.host().physInfo().availablePages()));
        DomainPaths paths = new DomainPaths(domid);
        Pages lent = store.inTransaction(transaction -> {
            Pages others = Pages.of(LoanLedger.read(transaction).without(domid).total());
            Pages loan = policy.loan(missing, others, available);
            if (loan.isMoreThan(Pages.ZERO)) {
                Loan.lease(holder, paths).take(transaction);
                loan(info, counters, loan).write(transaction, paths);
            }
            return loan;
        });
        if (lent.equals(Pages.ZERO)) {
            LOG.info(
                    "domain {}: its boot is not backed: {} are missing, and the host has {}",
                    domid,
                    missing,
                    available);
            return Pages.ZERO;
        }
        return give(info, counters, lent) ? lent : Pages.ZERO;
    }

    private static Loan loan(DomainInfo info, PodCounters counters, Pages pages) {
        return new Loan(
                Loan.Purpose.BOOT,
                info.maxPages(),
                info.maxPages() + pages.count(),
                counters.totPages(),
                pages.count());
    }

    private boolean give(DomainInfo info, PodCounters counters, Pages lent) {
        int domid = info.domid();
        DomainPaths paths = new DomainPaths(domid);
        Pages owned = Pages.of(counters.totPages());
        Pages max = Pages.of(info.maxPages());
        MemoryGrowth growth =
                new MemoryGrowth(xenctrl, store, holder, domid, max, "backing the boot of domain " + domid);
        try {
            Pages total = owned.plus(lent);
            growth.grow(max.plus(lent).toKiB(), owned, total, Optional.of(total), policy.reserve());
            store.inTransaction(Loan.lease(holder, paths)::release);
            LOG.info("domain {}: its boot is backed with {} until its balloon driver has worked", domid, lent);
            return true;
        } catch (HostMemoryException | DomainStateException | HypercallException e) {
            LOG.info("domain {}: its boot is not backed: {}", domid, e.getMessage());
            growth.undo();
            store.inTransaction(transaction -> {
                transaction.removeWithEmptyParents(paths.podGuard());
                return paths;
            });
            return false;
        }
    }
}
