// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;

/**
 * The loans of all domains, as recorded in xenstore for every process of the host. A lender reads them in the
 * transaction that records a new loan, so that two lenders cannot both take the rest of a budget: the second commit
 * conflicts and is tried again. A loan counts from before it is given until the record says that it is repaid.
 *
 * @param loans loans by domid
 */
public record LoanLedger(Map<Integer, Loan> loans) {
    private static final String ROOT = "/libxl";

    /**
     * Copies the map, so that the record is immutable.
     *
     * @param loans loans by domid
     */
    public LoanLedger {
        loans = Map.copyOf(loans);
    }

    /** Reads the loans of all domains. */
    public static LoanLedger read(StoreTransaction transaction) {
        List<DomainPaths> domains = transaction.list(ROOT).stream()
                .map(DomainPaths::named)
                .flatMap(Optional::stream)
                .toList();
        List<Optional<String>> records =
                transaction.readAll(domains.stream().map(Loan::path).toList());
        Map<Integer, Loan> loans = new HashMap<>();
        for (int i = 0; i < domains.size(); i++) {
            int domid = domains.get(i).domid();
            records.get(i).flatMap(Loan::parse).ifPresent(loan -> loans.put(domid, loan));
        }
        return new LoanLedger(loans);
    }

    /** The loans without that of one domain. */
    public LoanLedger without(int domid) {
        Map<Integer, Loan> others = new HashMap<>(loans);
        others.remove(domid);
        return new LoanLedger(others);
    }

    /** Pages lent to all domains. */
    public long total() {
        return beyond(0);
    }

    /** Pages lent to all domains beyond the first {@code share} pages of each. */
    public long beyond(long share) {
        return loans.values().stream()
                .mapToLong(loan -> Math.max(0, loan.pages() - share))
                .sum();
    }

    /**
     * Pages that backed boots have not given back yet.
     *
     * @param domains the domains of the host
     */
    public long outstandingOfBoots(List<DomainInfo> domains) {
        return domains.stream()
                .mapToLong(info -> Optional.ofNullable(loans.get(info.domid()))
                        .filter(loan -> loan.purpose() == Loan.Purpose.BOOT)
                        .map(loan -> loan.outstanding(info.totPages()))
                        .orElse(0L))
                .sum();
    }
}
