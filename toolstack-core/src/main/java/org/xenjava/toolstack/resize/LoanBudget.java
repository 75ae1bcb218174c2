// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The limits on loans of a host. Each domain has a share of 1/32 of the host's budget. Loans beyond the shares take
 * at most half of the budget, so the other half stays available to domains that need no more than their share.
 *
 * @param perDomain limit of the pages lent to one domain
 * @param perHost limit of the pages lent to all domains together
 */
public record LoanBudget(Pages perDomain, Pages perHost) {
    private static final long SHARES = 32;

    /** Pages that a domain may be lent regardless of the loans of others beyond their shares. */
    public Pages share() {
        return Pages.of(perHost.count() / SHARES);
    }

    /**
     * Checks a loan against the limits.
     *
     * @param others the loans of all other domains
     * @param loan the whole loan of the domain, the new part included
     * @return the reason of a refusal; empty if the loan is allowed
     */
    public Optional<String> refusal(LoanLedger others, Pages loan) {
        if (loan.isMoreThan(perDomain)) {
            return Optional.of("it would have to be lent " + loan + ", and the budget of a domain is " + perDomain);
        }
        long together = others.total() + loan.count();
        if (together > perHost.count()) {
            return Optional.of("all domains together would have to be lent " + Pages.of(together)
                    + ", and the budget of the host is " + perHost);
        }
        long othersBeyond = others.beyond(share().count());
        long beyond = othersBeyond + Math.max(0, loan.count() - share().count());
        if (loan.isMoreThan(share()) && othersBeyond > 0 && beyond > perHost.count() / 2) {
            return Optional.of("it would have to be lent " + loan + ", more than a domain's share of " + share()
                    + ", and the half of the host's budget that is for larger loans is lent");
        }
        return Optional.empty();
    }
}
