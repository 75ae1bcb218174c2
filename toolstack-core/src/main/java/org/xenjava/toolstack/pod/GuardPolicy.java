// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.time.Duration;
import org.xenjava.toolstack.resize.LoanBudget;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * What a {@link PodGuard} may do, and how long it waits. Immutable: each {@code with} method returns another policy.
 *
 * @param mode what the guard does about a guest that is short
 * @param timeouts how long it waits for the guest
 * @param lending what the host may lend
 * @param nudging how far it lowers {@code memory/target}
 * @param repayment what it does about a loan that is not given back
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
     * How long a guard waits for a guest.
     *
     * @param boot how long a running guest may take until its debt falls for the first time; 5 min by default
     * @param stall how long the debt may then stay as it is; 1 min by default, as Linux's driver waits up to 32 s after
     *     a failure
     * @param nudge how long a lowered target may be without effect; 1 min by default
     */
    public record Timeouts(Duration boot, Duration stall, Duration nudge) {
        /** Refuses negative timeouts. */
        public Timeouts {
            requireNotNegative(boot);
            requireNotNegative(stall);
            requireNotNegative(nudge);
        }
    }

    /**
     * What the host may lend.
     *
     * @param perDomain pages that one domain may be lent; 256 MiB by default
     * @param perHost pages that all domains together may be lent; 1 GiB by default
     * @param reserve pages of the host that stay free and unclaimed; 64 MiB by default
     */
    public record Lending(Pages perDomain, Pages perHost, Pages reserve) {
        LoanBudget budget() {
            return new LoanBudget(perDomain, perHost);
        }
    }

    /**
     * How far a guard lowers {@code memory/target}.
     *
     * @param most times that the target of one domain is lowered before its intent is restored; 2 by default
     * @param floor the target is never lowered below it; 16 MiB by default
     * @param floorPercent nor below that share of what the administrator set, 0 … 100; 75 by default
     */
    public record Nudging(int most, KiB floor, int floorPercent) {
        private static final int ALL = 100;
        private static final long BYTES_PER_KIB = 1024;

        /** Refuses negative numbers, and shares of more than 100 %. */
        public Nudging {
            if (most < 0 || floorPercent < 0 || floorPercent > ALL) {
                throw new IllegalArgumentException(
                        "nudges are 0 or more and a floor is 0 … 100 %, not " + most + " and " + floorPercent);
            }
        }

        /** The lowest target for a guest that is meant to have {@code intent}; whole pages if {@link #floor} is. */
        KiB floorOf(KiB intent) {
            long share = intent.value() * floorPercent / ALL;
            return floor.max(Pages.holding(share * BYTES_PER_KIB).toKiB());
        }
    }

    /**
     * What a guard does about a loan that is not given back.
     *
     * @param after how long a guest may keep what it was lent before it is asked back by nudges; 1 h by default
     * @param overdue what is done if nudges do not bring it back; reported by default
     */
    public record Repayment(Duration after, OverdueAction overdue) {
        /** Refuses a negative time. */
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

    /** {@return the same in another mode} */
    public GuardPolicy withMode(GuardMode other) {
        return new GuardPolicy(other, timeouts, lending, nudging, repayment);
    }

    /** {@return the same with other timeouts} */
    public GuardPolicy withTimeouts(Duration boot, Duration stall, Duration nudge) {
        return new GuardPolicy(mode, new Timeouts(boot, stall, nudge), lending, nudging, repayment);
    }

    /** {@return the same with other limits on what the host lends} */
    public GuardPolicy withLending(Pages perDomain, Pages perHost, Pages reserve) {
        return new GuardPolicy(mode, timeouts, new Lending(perDomain, perHost, reserve), nudging, repayment);
    }

    /** {@return the same with other limits on nudging} */
    public GuardPolicy withNudging(int most, KiB floor, int floorPercent) {
        return new GuardPolicy(mode, timeouts, lending, new Nudging(most, floor, floorPercent), repayment);
    }

    /** {@return the same with other rules for what is not given back} */
    public GuardPolicy withRepayment(Duration after, OverdueAction overdue) {
        return new GuardPolicy(mode, timeouts, lending, nudging, new Repayment(after, overdue));
    }
}
