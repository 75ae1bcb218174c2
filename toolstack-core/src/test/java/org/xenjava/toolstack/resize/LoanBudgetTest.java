// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A budget of 3,200 pages: a share is 100, half is 1,600. */
class LoanBudgetTest {
    private static final LoanBudget BUDGET = new LoanBudget(Pages.of(900), Pages.of(3200));

    private static LoanLedger ledger(long... loans) {
        Map<Integer, Loan> byDomain = new HashMap<>();
        for (int i = 0; i < loans.length; i++) {
            byDomain.put(i + 1, new Loan(Loan.Purpose.SHORTFALL, 0, 0, 0, loans[i]));
        }
        return new LoanLedger(byDomain);
    }

    private static boolean allowed(LoanLedger others, long loan) {
        return BUDGET.refusal(others, Pages.of(loan)).isEmpty();
    }

    @Test
    void aDomainIsLentUpToItsOwnBudget() {
        assertTrue(allowed(ledger(), 900));
        Optional<String> refusal = BUDGET.refusal(ledger(), Pages.of(901));
        assertEquals(
                Optional.of("it would have to be lent 901 pages, and the budget of a domain is 900 pages"), refusal);
    }

    @Test
    void allDomainsTogetherAreLentUpToTheBudgetOfTheHost() {
        long[] shares = new long[31];
        Arrays.fill(shares, 100);
        assertTrue(allowed(ledger(shares), 100));
        assertTrue(BUDGET.refusal(ledger(shares), Pages.of(101)).orElseThrow().contains("budget of the host"));
    }

    @Test
    void largeLoansTakeAtMostHalfOfTheBudgetBeyondTheSharesAndLeaveTheRestToSmallOnes() {
        // 800 of each is beyond the share.
        LoanLedger greedy = ledger(900, 900);
        assertTrue(BUDGET.refusal(greedy, Pages.of(101)).orElseThrow().contains("share of 100 pages"));
        assertTrue(allowed(greedy, 100));
        LoanLedger more = ledger(900, 900, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100);
        assertTrue(allowed(more, 100));
    }
}
