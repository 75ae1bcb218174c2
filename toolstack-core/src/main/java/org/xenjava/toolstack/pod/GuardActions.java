// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.ProcessIdentity;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.PhysInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Carries out what the state machine decides. Every action begins with a transaction that finds the domain's notes
 * and target as they were read, and no other guard that may be alive; what is lent is noted before it is lent.
 */
final class GuardActions {
    private static final Logger LOG = LoggerFactory.getLogger(GuardActions.class);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final LeaseHolder holder;
    private final GuardPolicy policy;

    GuardActions(Xenctrl xenctrl, StoreClient store, ProcessIdentity processes, GuardPolicy policy) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.holder = LeaseHolder.ofProcess(processes);
        this.policy = policy;
    }

    /** @param lentToOthers pages that the host has lent to other domains */
    GuardOutcome act(GuardAction action, int domid, GuardReading seen, long lentToOthers) {
        DomainPaths paths = new DomainPaths(domid);
        return switch (action) {
            case NUDGE -> nudge(paths, seen);
            case COVER -> cover(paths, seen, lentToOthers);
            case RESTORE_INTENT ->
                setTarget(paths, seen, seen.notes().nudge().orElseThrow().intent(), Optional.empty());
            case FORGET_NUDGE -> note(paths, seen, notes -> notes.withNudge(Optional.empty()));
            case GIVE_BACK -> giveBack(paths, seen);
        };
    }

    private GuardOutcome nudge(DomainPaths paths, GuardReading seen) {
        Optional<GuardRecord.Nudge> before = seen.notes().nudge();
        KiB intent = before.map(GuardRecord.Nudge::intent).orElseGet(seen.target()::orElseThrow);
        int count = before.map(GuardRecord.Nudge::count).orElse(0) + 1;
        KiB lower = seen.nextTarget(policy).orElseThrow();
        return setTarget(paths, seen, lower, Optional.of(new GuardRecord.Nudge(intent, lower, count)));
    }

    private GuardOutcome setTarget(
            DomainPaths paths, GuardReading seen, KiB target, Optional<GuardRecord.Nudge> nudge) {
        return owning(paths, seen, transaction -> {
            transaction.write(paths.memoryTarget(), Long.toString(target.value()));
            seen.notes().withNudge(nudge).write(transaction, paths, holder);
        });
    }

    private GuardOutcome cover(DomainPaths paths, GuardReading seen, long lentToOthers) {
        Optional<String> refusal = refusal(seen, lentToOthers);
        if (refusal.isPresent()) {
            return GuardOutcome.refused(refusal.get());
        }
        long owned = seen.counters().totPages();
        long wanted = owned + seen.debt();
        long newMax = Math.max(seen.maxPages(), wanted);
        // Somebody else's max_mem is not ours to put back.
        Optional<GuardRecord.Cover> before = seen.notes()
                .cover()
                .filter(cover -> seen.maxPages() == cover.newMaxPages() || seen.maxPages() == cover.oldMaxPages());
        long totBefore = before.map(GuardRecord.Cover::totBefore).orElse(owned);
        GuardRecord.Cover lent = new GuardRecord.Cover(
                before.map(GuardRecord.Cover::oldMaxPages).orElse(seen.maxPages()),
                newMax,
                totBefore,
                Math.max(seen.debt(), wanted - totBefore));
        GuardOutcome noted = note(paths, seen, notes -> notes.withCover(Optional.of(lent)));
        if (!noted.equals(GuardOutcome.DONE)) {
            return noted;
        }
        Optional<String> failure = lend(paths.domid(), seen, wanted, newMax);
        if (failure.isEmpty()) {
            return GuardOutcome.DONE;
        }
        GuardReading now = seen.withNotes(seen.notes().withCover(Optional.of(lent)));
        note(paths, now, notes -> notes.withCover(before));
        return GuardOutcome.refused(failure.get());
    }

    private Optional<String> refusal(GuardReading seen, long lentToOthers) {
        long lent = seen.coveredPages() + seen.debt();
        if (lent > policy.domainBudget().count()) {
            return Optional.of("it would have to be lent " + Pages.of(lent) + ", and the budget of a domain is "
                    + policy.domainBudget());
        }
        if (lent + lentToOthers > policy.hostBudget().count()) {
            return Optional.of("all domains together would have to be lent " + Pages.of(lent + lentToOthers)
                    + ", and the budget of the host is " + policy.hostBudget());
        }
        PhysInfo host;
        try {
            host = xenctrl.host().physInfo();
        } catch (HypercallException e) {
            return Optional.of("the host's free memory is unknown (" + e.getMessage() + ")");
        }
        long free = host.freePages() + host.scrubPages() - host.outstandingPages();
        if (free - seen.debt() < policy.hostReserve().count()) {
            return Optional.of("the host has " + free + " free pages, of which " + policy.hostReserve() + " stay free");
        }
        return Optional.empty();
    }

    /**
     * The pages are claimed before they are taken, so that Xen does not fail half-way with everything gone. What
     * leaves unclear what has happened is thrown; then the note stays, and the next look goes on from there.
     *
     * @return why nothing was lent; empty if it was
     */
    private Optional<String> lend(int domid, GuardReading seen, long wanted, long newMax) {
        // Xen answers success to whatever it ignores.
        Optional<String> failure = Optional.of("Xen has taken the new PoD target and done nothing");
        try {
            if (newMax != seen.maxPages()) {
                setMaxPages(domid, newMax);
            }
            if (seen.notes().cover().isPresent()) {
                // Left by a guard that died just here; a second claim would be refused.
                xenctrl.memory().claimPages(domid, Pages.ZERO);
            }
            xenctrl.memory().claimPages(domid, Pages.of(wanted));
            try {
                xenctrl.memory().setPodTarget(domid, Pages.of(wanted));
            } finally {
                xenctrl.memory().claimPages(domid, Pages.ZERO);
            }
        } catch (HypercallException e) {
            failure = Optional.of(reason(e));
            if (!e.errno().equals(Errno.EINVAL)) {
                // With EINVAL there is a claim of somebody else, such as a resize under way.
                xenctrl.memory().claimPages(domid, Pages.ZERO);
            }
        }
        if (xenctrl.memory().podTarget(domid).debt() <= 0) {
            return Optional.empty();
        }
        if (newMax != seen.maxPages()) {
            setMaxPages(domid, seen.maxPages());
        }
        return failure;
    }

    private static String reason(HypercallException e) {
        if (e.errno().equals(Errno.ENOMEM)) {
            return "the host has not so much memory";
        }
        return "Xen refuses (" + e.getMessage() + ")";
    }

    private void setMaxPages(int domid, long pages) {
        xenctrl.memory().setMaxMem(domid, Pages.of(pages).toKiB());
    }

    private GuardOutcome giveBack(DomainPaths paths, GuardReading seen) {
        GuardRecord.Cover cover = seen.notes().cover().orElseThrow();
        // Owned first, so that two guards do not both do it; a note that stays after a crash does no harm.
        GuardOutcome owned = note(paths, seen, notes -> notes);
        if (!owned.equals(GuardOutcome.DONE)) {
            return owned;
        }
        boolean raised = cover.oldMaxPages() < cover.newMaxPages() && seen.maxPages() == cover.newMaxPages();
        if (raised) {
            setMaxPages(
                    paths.domid(), Math.max(cover.oldMaxPages(), seen.counters().totPages()));
        }
        return note(paths, seen, notes -> notes.withCover(Optional.empty()));
    }

    private GuardOutcome note(DomainPaths paths, GuardReading seen, UnaryOperator<GuardRecord> change) {
        return owning(paths, seen, transaction -> change.apply(seen.notes()).write(transaction, paths, holder));
    }

    private interface Change {
        void in(StoreTransaction transaction);
    }

    private GuardOutcome owning(DomainPaths paths, GuardReading seen, Change change) {
        return store.inTransaction(transaction -> {
            if (GuardRecord.lease(holder, paths).state(transaction) == Lease.State.HELD) {
                return GuardOutcome.NOT_OURS;
            }
            // Its tree goes before it does: then nothing is written that nobody would remove.
            boolean asSeen = transaction.exists(paths.root())
                    && GuardRecord.read(transaction, paths).equals(seen.notes())
                    && transaction.readPlausibleKib(paths.memoryTarget()).equals(seen.target());
            if (!asSeen) {
                return GuardOutcome.STALE;
            }
            change.in(transaction);
            return GuardOutcome.DONE;
        });
    }

    /** Removes our notes on a domain that is gone, if who destroyed it has left them. */
    void forget(int domid) {
        DomainPaths paths = new DomainPaths(domid);
        store.inTransaction(transaction -> {
            boolean ours = GuardRecord.lease(holder, paths).state(transaction) == Lease.State.OURS;
            if (ours && !transaction.exists(paths.root())) {
                transaction.removeWithEmptyParents(paths.podGuard());
            }
            return ours;
        });
    }
}
