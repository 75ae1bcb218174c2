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

/** Populate-on-demand of one domain: got from {@link Domain#pod}. */
public final class DomainPod {
    private static final Logger LOG = LoggerFactory.getLogger(DomainPod.class);

    private final DomainHandle domain;

    DomainPod(DomainHandle domain) {
        this.domain = domain;
    }

    /** {@return the counters and what they mean} */
    public PodStatus status() {
        String verb = "reading the PoD counters of";
        return domain.attempting(verb, () -> {
            domain.info(verb);
            return new PodStatus(
                    domain.domid(),
                    domain.store().read(domain.paths().name()).orElse(""),
                    domain.xenctrl().memory().podTarget(domain.domid()));
        });
    }

    /** {@return what the domain is, who built it, and what XSA-153 means for it} */
    public PodReport report() {
        return domain.attempting("examining", () -> {
            DomainStatus status = DomainStatus.of(
                    domain.info("examining"),
                    domain.store().read(domain.paths().name()).orElse(""),
                    domain.store().read(domain.paths().libxlType()));
            return PodReport.of(status, domain.xenctrl(), domain.store());
        });
    }

    /**
     * Passes only if that may be done without killing the guest: no populate-on-demand entry lacks a page. It stays
     * so: once the entries have their pages, neither what the guest does nor a resize makes new ones; only a toolstack
     * that adds entries to a running guest, or a page of the cache that the host finds broken, could. A guest that has
     * stopped for good, PV domains and dom0 pass.
     *
     * @throws PodDebtException while entries lack pages; the message says how many, and what to do
     */
    public void requireNoDebt(MemoryTouchingOperation operation) {
        domain.attempting(operation.gerund(), () -> {
            DomainInfo info = domain.info(operation.gerund());
            // A domain that has suspended itself is to run again; other shutdowns are the end.
            boolean over = info.shutdown() && info.shutdownReason() != ShutdownReason.SUSPEND.code();
            if (over || !info.hvm()) {
                return;
            }
            long debt = domain.xenctrl().memory().podTarget(domain.domid()).debt();
            if (debt > 0) {
                throw new PodDebtException(
                        operation.gerund() + " " + domain + ": " + Pages.of(debt)
                                + " of its memory are populate-on-demand entries without a page, and touching them may "
                                + "kill it (XSA-153); wait until its balloon driver has freed as many, or cover them",
                        debt);
            }
        });
    }

    /**
     * Touches the guest's memory if that cannot crash it: checks as {@link #requireNoDebt} does, then works. No lock is
     * held meanwhile, since what the check has found stays true.
     *
     * @throws PodDebtException if entries lack pages; then {@code work} was not begun
     */
    public <T> T withoutDebt(MemoryTouchingOperation operation, Supplier<T> work) {
        requireNoDebt(operation);
        return work.get();
    }

    /**
     * {@return pages that the host has lent the domain and that it has not given back: for its boot, or because its balloon
     * driver has stopped short}
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
     * Lends the domain, at once, the pages that its entries lack; it needs no help from the guest. What it was lent is
     * noted in xenstore; a {@link Toolstack#guard guard} that runs then or later sees to it that it is given back.
     *
     * @param budget most pages that the domain may have been lent then, earlier loans included
     * @return pages lent now; zero if every entry has its page
     * @throws PodDebtException if the budget or the host's memory is too small, or another process's guard looks after
     *     the domain; nothing has changed then
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
