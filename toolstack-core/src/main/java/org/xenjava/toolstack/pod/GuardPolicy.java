// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.time.Duration;
import org.xenjava.toolstack.resize.LoanBudget;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The measures and time limits of a {@link PodGuard}. Immutable: each {@code with} method returns another policy.
 *
 * @param mode measures when a guest is short
 * @param timeouts time limits of the guest
 * @param lending limits on loans
 * @param nudging limits on lowering {@code memory/target}
 * @param repayment rules for loans that are not given back
 */
public record GuardPolicy(GuardMode mode, Timeouts timeouts, Lending lending, Nudging nudging, Repayment repayment) {
    private static final GuardPolicy STANDARD = new GuardPolicy(
            GuardMode.NUDGE_FIRST,
            new Timeouts(Duration.ofMinutes(5), Duration.ofMinutes(1), Duration.ofMinutes(1)),
            new Lending(
                    KiB.ofMiB(256).toPages(),
                    KiB.ofMiB(1024).toPages(),
                    KiB.ofMiB(64).toPages()),
            new Nudging(2, KiB.ofMiB(16), 75),
            new Repayment(Duration.ofHours(1), OverdueAction.REPORT));

    /**
     * Time limits of a guest.
     *
     * @param boot longest time from a guest's start until its debt first falls; 5 min by default
     * @param stall longest time for which the debt may then be constant; 1 min by default, because Linux's driver
     *     waits up to 32 s after a failure
     * @param nudge longest time for which a lowered target may be without effect; 1 min by default
     */
    public record Timeouts(Duration boot, Duration stall, Duration nudge) {
        /**
         * Refuses negative timeouts.
         *
         * @param boot longest time from a guest's start until its debt first falls; 5 min by default
         * @param stall longest time for which the debt may then be constant; 1 min by default, because Linux's driver
         *     waits up to 32 s after a failure
         * @param nudge longest time for which a lowered target may be without effect; 1 min by default
         */
        public Timeouts {
            requireNotNegative(boot);
            requireNotNegative(stall);
            requireNotNegative(nudge);
        }
    }

    /**
     * Limits on loans.
     *
     * @param perDomain limit of the pages lent to one domain; 256 MiB by default
     * @param perHost limit of the pages lent to all domains together; 1 GiB by default
     * @param reserve pages of the host that stay free and unclaimed; 64 MiB by default
     */
    public record Lending(Pages perDomain, Pages perHost, Pages reserve) {
        LoanBudget budget() {
            return new LoanBudget(perDomain, perHost);
        }
    }

    /**
     * Limits on lowering {@code memory/target}.
     *
     * @param most number of times that the target of one domain is lowered before it is restored; 2 by default
     * @param floor smallest value to which the target is lowered; 16 MiB by default
     * @param floorPercent smallest share of the administrator's target to which it is lowered, 0 … 100; 75 by default
     */
    public record Nudging(int most, KiB floor, int floorPercent) {
        private static final int ALL = 100;
        private static final long BYTES_PER_KIB = 1024;

        /**
         * Refuses negative numbers, and shares of more than 100 %.
         *
         * @param most number of times that the target of one domain is lowered before it is restored; 2 by default
         * @param floor smallest value to which the target is lowered; 16 MiB by default
         * @param floorPercent smallest share of the administrator's target to which it is lowered, 0 … 100; 75 by
         *     default
         */
        public Nudging {
            if (most < 0 || floorPercent < 0 || floorPercent > ALL) {
                throw new IllegalArgumentException(
                        "nudges are 0 or more and a floor is 0 … 100 %, not " + most + " and " + floorPercent);
            }
        }

        /** The lowest target for a guest whose administrator set {@code intent}; whole pages if {@link #floor} is. */
        KiB floorOf(KiB intent) {
            long share = intent.value() * floorPercent / ALL;
            return floor.max(Pages.holding(share * BYTES_PER_KIB).toKiB());
        }
    }

    /**
     * Rules for loans that are not given back.
     *
     * @param after longest time for which a guest may keep a loan before nudges ask it back; 1 h by default
     * @param overdue measure if nudges do not bring the loan back; a report by default
     */
    public record Repayment(Duration after, OverdueAction overdue) {
        /**
         * Refuses a negative time.
         *
         * @param after longest time for which a guest may keep a loan before nudges ask it back; 1 h by default
         * @param overdue measure if nudges do not bring the loan back; a report by default
         */
        public Repayment {
            requireNotNegative(after);
        }
    }

    private static void requireNotNegative(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("a timeout is not negative: " + timeout);
        }
    }

    /** {@return the defaults: nudge first, then cover} */
    public static GuardPolicy standard() {
        return STANDARD;
    }

    /**
     * {@return the same policy in another mode}
     *
     * @param other measures when a guest is short
     */
    public GuardPolicy withMode(GuardMode other) {
        return new GuardPolicy(other, timeouts, lending, nudging, repayment);
    }

    /**
     * {@return the same policy with other time limits}
     *
     * @param boot longest time from a guest's start until its debt first falls
     * @param stall longest time for which the debt may then be constant
     * @param nudge longest time for which a lowered target may be without effect
     */
    public GuardPolicy withTimeouts(Duration boot, Duration stall, Duration nudge) {
        return new GuardPolicy(mode, new Timeouts(boot, stall, nudge), lending, nudging, repayment);
    }

    /**
     * {@return the same policy with other limits on loans}
     *
     * @param perDomain limit of the pages lent to one domain
     * @param perHost limit of the pages lent to all domains together
     * @param reserve pages of the host that stay free and unclaimed
     */
    public GuardPolicy withLending(Pages perDomain, Pages perHost, Pages reserve) {
        return new GuardPolicy(mode, timeouts, new Lending(perDomain, perHost, reserve), nudging, repayment);
    }

    /**
     * {@return the same policy with other limits on nudging}
     *
     * @param most number of times that the target of one domain is lowered before it is restored
     * @param floor smallest value to which {@code memory/target} is lowered
     * @param floorPercent smallest share of the administrator's target to which it is lowered, 0 … 100
     */
    public GuardPolicy withNudging(int most, KiB floor, int floorPercent) {
        return new GuardPolicy(mode, timeouts, lending, new Nudging(most, floor, floorPercent), repayment);
    }

    /**
     * {@return the same policy with other rules for loans that are not given back}
     *
     * @param after longest time for which a guest may keep a loan before nudges ask it back
     * @param overdue measure if nudges do not bring the loan back
     */
    public GuardPolicy withRepayment(Duration after, OverdueAction overdue) {
        return new GuardPolicy(mode, timeouts, lending, nudging, new Repayment(after, overdue));
    }
}
