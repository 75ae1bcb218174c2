// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.resize.Loan;
import org.xenjava.toolstack.resize.LoanLedger;
import org.xenjava.toolstack.resize.MemoryGrowth;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Carries out the actions of the state machine. Every action begins with a transaction that checks that the domain's
 * records and target are unchanged and that no other live guard watches the domain. A loan is recorded before it is
 * given.
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

    GuardOutcome act(GuardAction action, int domid, GuardReading seen) {
        DomainPaths paths = new DomainPaths(domid);
        return switch (action) {
            case NUDGE -> nudge(paths, seen);
            case COVER -> cover(paths, seen);
            case RESTORE_INTENT ->
                setTarget(paths, seen, seen.notes().nudge().orElseThrow().intent(), Optional.empty());
            case FORGET_NUDGE -> note(paths, seen, notes -> notes.withNudge(Optional.empty()));
            case GIVE_BACK -> giveBack(paths, seen);
            case RECORD_REPAYMENT -> recordRepayment(paths, seen);
            case PAUSE -> pause(paths, seen);
            case SHUT_DOWN -> requestShutdown(paths, seen);
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

    private GuardOutcome cover(DomainPaths paths, GuardReading seen) {
        long owned = seen.counters().totPages();
        long wanted = owned + seen.debt();
        long newMax = Math.max(seen.maxPages(), wanted);
        Optional<Loan> before = seen.notes().loan();
        long totBefore = before.map(Loan::totBefore).orElse(owned);
        Loan loan = new Loan(
                before.map(Loan::purpose).orElse(Loan.Purpose.SHORTFALL),
                before.map(Loan::oldMaxPages).orElse(seen.maxPages()),
                newMax,
                totBefore,
                Math.max(seen.debt(), wanted - totBefore));
        GuardOutcome noted = noteWithinBudget(paths, seen, loan);
        if (!noted.equals(GuardOutcome.DONE)) {
            return noted;
        }
        Optional<String> failure = lend(paths.domid(), seen, wanted, newMax);
        if (failure.isEmpty()) {
            return GuardOutcome.DONE;
        }
        GuardReading now = seen.withNotes(seen.notes().withLoan(Optional.of(loan)));
        note(paths, now, notes -> notes.withLoan(before));
        return GuardOutcome.refused(failure.get());
    }

    /** Records the loan in the transaction that checks the budget of the host. */
    private GuardOutcome noteWithinBudget(DomainPaths paths, GuardReading seen, Loan loan) {
        return inOwnership(paths, seen, transaction -> {
            LoanLedger others = LoanLedger.read(transaction).without(paths.domid());
            Optional<String> refusal = policy.lending().budget().refusal(others, Pages.of(loan.pages()));
            if (refusal.isPresent()) {
                return GuardOutcome.refused(refusal.get());
            }
            seen.notes().withLoan(Optional.of(loan)).write(transaction, paths, holder);
            return GuardOutcome.DONE;
        });
    }

    /**
     * Lends under a claim. A failure whose effect is unknown is thrown; the record then stays, and the next reading
     * continues from it.
     *
     * @return the reason for which nothing was lent; empty if the loan was given
     */
    private Optional<String> lend(int domid, GuardReading seen, long wanted, long newMax) {
        MemoryGrowth growth = new MemoryGrowth(
                xenctrl, store, holder, domid, Pages.of(seen.maxPages()), "covering the debt of domain " + domid);
        // Xen reports success for a request that it ignores.
        String failure = "Xen accepted the new PoD target and added no page";
        try {
            growth.grow(
                    Pages.of(newMax).toKiB(),
                    Pages.of(seen.counters().totPages()),
                    Pages.of(wanted),
                    Optional.of(Pages.of(wanted)),
                    policy.lending().reserve());
        } catch (HostMemoryException e) {
            failure = "the host has too little free memory besides the reserve of "
                    + policy.lending().reserve();
        } catch (DomainStateException e) {
            failure = e.getMessage();
        } catch (HypercallException e) {
            failure = "Xen refused it (" + e.getMessage() + ")";
        }
        if (xenctrl.memory().podTarget(domid).debt() <= 0) {
            return Optional.empty();
        }
        growth.undo();
        return Optional.of(failure);
    }

    private void setMaxPages(int domid, long pages) {
        xenctrl.memory().setMaxMem(domid, Pages.of(pages).toKiB());
    }

    private GuardOutcome giveBack(DomainPaths paths, GuardReading seen) {
        Loan loan = seen.notes().loan().orElseThrow();
        // The lease is taken first, so that two guards do not both act; a record that stays after a crash is harmless.
        GuardOutcome owned = note(paths, seen, notes -> notes);
        if (!owned.equals(GuardOutcome.DONE)) {
            return owned;
        }
        // A max_mem that another process has set stays.
        if (loan.oldMaxPages() < loan.newMaxPages() && seen.maxPages() == loan.newMaxPages()) {
            setMaxPages(
                    paths.domid(), Math.max(loan.oldMaxPages(), seen.counters().totPages()));
        }
        return note(paths, seen, notes -> notes.withLoan(Optional.empty()));
    }

    private GuardOutcome recordRepayment(DomainPaths paths, GuardReading seen) {
        Loan loan = seen.notes().loan().orElseThrow();
        return note(paths, seen, notes -> notes.withLoan(Optional.of(loan.reducedTo(seen.coveredPages()))));
    }

    private GuardOutcome pause(DomainPaths paths, GuardReading seen) {
        GuardOutcome owned = note(paths, seen, notes -> notes);
        if (owned.equals(GuardOutcome.DONE)) {
            xenctrl.domains().pause(paths.domid());
        }
        return owned;
    }

    private GuardOutcome requestShutdown(DomainPaths paths, GuardReading seen) {
        GuardOutcome owned = note(paths, seen, notes -> notes);
        if (owned.equals(GuardOutcome.DONE)) {
            // Outside of a transaction, since the guest can write this node.
            store.direct().write(paths.of("control/shutdown"), "poweroff");
        }
        return owned;
    }

    private GuardOutcome note(DomainPaths paths, GuardReading seen, UnaryOperator<GuardRecord> change) {
        return owning(paths, seen, transaction -> change.apply(seen.notes()).write(transaction, paths, holder));
    }

    /** Makes a change of xenstore that needs no check beyond the lease. */
    private GuardOutcome owning(DomainPaths paths, GuardReading seen, Consumer<StoreTransaction> change) {
        return inOwnership(paths, seen, transaction -> {
            change.accept(transaction);
            return GuardOutcome.DONE;
        });
    }

    private GuardOutcome inOwnership(
            DomainPaths paths, GuardReading seen, Function<StoreTransaction, GuardOutcome> change) {
        return store.inTransaction(transaction -> {
            if (Loan.lease(holder, paths).state(transaction) == Lease.State.HELD) {
                return GuardOutcome.NOT_OURS;
            }
            // A dying domain has no tree any more: a node written now would never be removed.
            boolean asSeen = transaction.exists(paths.root())
                    && GuardRecord.read(transaction, paths).equals(seen.notes())
                    && transaction.readPlausibleKib(paths.memoryTarget()).equals(seen.target());
            return asSeen ? change.apply(transaction) : GuardOutcome.STALE;
        });
    }

    /** Removes the records of a domain that is gone, if its destroyer left them. */
    void forget(int domid) {
        DomainPaths paths = new DomainPaths(domid);
        store.inTransaction(transaction -> {
            boolean ours = Loan.lease(holder, paths).state(transaction) == Lease.State.OURS;
            if (ours && !transaction.exists(paths.root())) {
                transaction.removeWithEmptyParents(paths.podGuard());
            }
            return ours;
        });
    }
}
