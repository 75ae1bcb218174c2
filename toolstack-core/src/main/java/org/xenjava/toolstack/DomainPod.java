// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.pod.MemoryTouchingOperation;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.resize.Loan;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The populate-on-demand memory of one domain. {@link Domain#pod} returns it. */
public final class DomainPod {
    private static final Logger LOG = LoggerFactory.getLogger(DomainPod.class);

    private final DomainHandle domain;

    DomainPod(DomainHandle domain) {
        this.domain = domain;
    }

    /** {@return the counters and their meaning; a PV domain has neither entries nor a cache} */
    public PodStatus status() {
        String verb = "reading the PoD counters of";
        return domain.attempting(verb, () -> {
            DomainInfo info = domain.info(verb);
            return new PodStatus(
                    domain.domid(),
                    domain.store().read(domain.paths().name()).orElse(""),
                    info.hvm()
                            ? domain.xenctrl().memory().podTarget(domain.domid())
                            : new PodCounters(info.totPages(), 0, 0));
        });
    }

    /** {@return the domain's kind and origin, and its exposure to XSA-153} */
    public PodReport report() {
        return domain.attempting(
                "examining", () -> PodReport.of(domain.info("examining"), domain.xenctrl(), domain.store()));
    }

    /**
     * Checks that an operation cannot crash the guest: no populate-on-demand entry lacks a page. The result stays
     * valid. Once the entries have their pages, neither the guest nor a resize creates new entries; only a toolstack
     * that adds entries to a running guest, or a page of the cache that the host finds broken, could change it. The
     * check passes for a guest that has stopped for good, for PV domains and for dom0.
     *
     * @param operation the operation, for the message
     * @throws PodDebtException while entries lack pages; the message has their number and the remedy
     */
    public void requireNoDebt(MemoryTouchingOperation operation) {
        domain.attempting(operation.gerund(), () -> {
            DomainInfo info = domain.info(operation.gerund());
            // A domain that has suspended itself will run again; other shutdowns are final.
            boolean over = info.shutdown() && info.shutdownReason() != ShutdownReason.SUSPEND.code();
            if (over || !info.hvm()) {
                return;
            }
            long debt = domain.xenctrl().memory().podTarget(domain.domid()).debt();
            if (debt > 0) {
                throw new PodDebtException(
                        operation.gerund() + " " + domain + ": " + Pages.of(debt)
                                + " of its memory are populate-on-demand entries without a page, and touching them may "
                                + "crash it (XSA-153); wait until its balloon driver has freed as many, or cover them",
                        debt);
            }
        });
    }

    /**
     * Runs an operation that touches the guest's memory, after the check of {@link #requireNoDebt}. No lock is held,
     * because the result of the check stays valid.
     *
     * @param <T> type of the result
     * @param operation the operation, for the message
     * @param work the work
     * @return the result of the work
     * @throws PodDebtException if entries lack pages; the work has not begun
     */
    public <T> T withoutDebt(MemoryTouchingOperation operation, Supplier<T> work) {
        requireNoDebt(operation);
        return work.get();
    }

    /**
     * {@return pages that the host has lent to the domain, for its boot or because its balloon driver has stopped
     * short, and that the domain has not given back}
     */
    public Pages lent() {
        String verb = "reading what was lent to";
        return domain.attempting(verb, () -> {
            DomainInfo info = domain.info(verb);
            return Loan.read(domain.store().direct(), domain.paths())
                    .map(loan -> Pages.of(loan.outstanding(info.totPages())))
                    .orElse(Pages.ZERO);
        });
    }

    /**
     * Lends the domain at once the pages that its entries lack. The guest need not cooperate. The loan is recorded in
     * xenstore; a {@link Toolstack#guard guard} that runs then or later gets it back.
     *
     * @param budget limit of the pages that the domain has been lent, earlier loans included
     * @return pages lent now; zero if every entry has its page
     * @throws PodDebtException if the budget or the host's memory is too small, or another process's guard watches
     *     the domain; nothing has changed
     */
    public Pages cover(Pages budget) {
        String verb = "covering the debt of";
        return domain.exclusively(verb, () -> {
            if (!domain.info(verb).hvm()) {
                return Pages.ZERO;
            }
            Pages lent = domain.context().loans().cover(domain.domid(), domain.uuid(), budget);
            if (lent.count() > 0) {
                LOG.info("{}: the host lends {}", domain, lent);
            }
            return lent;
        });
    }
}
