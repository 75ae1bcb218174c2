// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * How much the host may lend. Each domain has a share of 1/32 of the host's budget. What several domains are lent
 * beyond their shares takes at most half of the budget, so that the other half is left for domains that need no more
 * than their share, whatever others borrow and never give back.
 *
 * @param perDomain pages that one domain may be lent
 * @param perHost pages that all domains together may be lent
 */
public record LoanBudget(Pages perDomain, Pages perHost) {
    private static final long SHARES = 32;

    /** Pages that a domain may be lent whatever others were lent beyond theirs. */
    public Pages share() {
        return Pages.of(perHost.count() / SHARES);
    }

    /**
     * Why a domain may not be lent that much.
     *
     * @param others what all other domains have been lent
     * @param loan all that the domain would have been lent then
     * @return empty if it may
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
