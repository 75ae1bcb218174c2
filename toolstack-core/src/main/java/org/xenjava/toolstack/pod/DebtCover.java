// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import java.util.UUID;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Lends a domain the pages that it lacks, once and at once, as a guard does in {@link GuardMode#COVER_AT_ONCE}. The
 * loan is recorded in the same place, so that a guard that runs later gets it back.
 */
public final class DebtCover {
    private static final int ATTEMPTS = 10;

    private final DomainReader reader;
    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final ProcessIdentity processes;

    /**
     * Creates a lender.
     *
     * @param xenctrl the hypercalls
     * @param store xenstore
     * @param processes signs loans, and shows which guards may be alive
     */
    @SuppressWarnings("exports")
    public DebtCover(Xenctrl xenctrl, StoreClient store, ProcessIdentity processes) {
        this.reader = new DomainReader(xenctrl, store);
        this.xenctrl = xenctrl;
        this.store = store;
        this.processes = processes;
    }

    /**
     * Covers the whole debt or nothing. The caller excludes other threads from changing the domain.
     *
     * @param budget limit of the pages that the domain has been lent, earlier loans included
     * @param domid number of the domain
     * @param uuid UUID of the domain
     * @return pages lent now; zero if there is no debt, or no such domain
     * @throws PodDebtException if the budget or the host's memory is too small, or another process's guard watches
     *     the domain
     */
    public Pages cover(int domid, UUID uuid, Pages budget) {
        GuardPolicy standard = GuardPolicy.standard();
        GuardActions actions = new GuardActions(
                xenctrl,
                store,
                processes,
                standard.withLending(
                        budget,
                        larger(budget, standard.lending().perHost()),
                        standard.lending().reserve()));
        GuardOutcome outcome = GuardOutcome.STALE;
        long debt = 0;
        for (int attempt = 0; attempt < ATTEMPTS && outcome.equals(GuardOutcome.STALE); attempt++) {
            Optional<GuardReading> seen = reader.read(domid, uuid);
            debt = seen.map(GuardReading::debt).orElse(0L);
            if (seen.isEmpty() || debt <= 0) {
                return Pages.ZERO;
            }
            outcome = actions.act(GuardAction.COVER, domid, seen.get());
        }
        if (!outcome.equals(GuardOutcome.DONE)) {
            throw new PodDebtException(
                    "domain " + domid + " is " + Pages.of(debt) + " short and was not covered: " + outcome.why(), debt);
        }
        return Pages.of(debt);
    }

    private static Pages larger(Pages a, Pages b) {
        return a.isMoreThan(b) ? a : b;
    }
}
