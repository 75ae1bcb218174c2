// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.time.Duration;
import org.xenjava.toolstack.resize.LoanBudget;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * What a {@link PodGuard} may do, and how patient it is. Immutable: each {@code with}
 * method gives another policy.
 *
 * @param mode what is done about a guest that is short
 * @param boot how long a running guest may take until its debt falls for the first time; 5 min by default
 * @param stall how long the debt may then stay as it is; 1 min by default, as Linux's driver waits up to 32 s after
 *     a failure
 * @param nudge how long a lowered target may be without effect; 1 min by default
 * @param mostNudges times that the target of one domain is lowered before its intent is restored; 2 by default
 * @param domainBudget pages that one domain may be lent; 256 MiB by default
 * @param hostBudget pages that all domains together may be lent; 1 GiB by default
 * @param hostReserve pages of the host that stay free and unclaimed; 64 MiB by default
 * @param floor {@code memory/target} is never lowered below it; 16 MiB by default
 * @param floorPercent nor below that share of what the administrator set, 0 … 100; 75 by default
 * @param repay how long a guest may keep what it was lent before it is asked back by nudges; 1 h by default
 * @param overdue what is done if nudges do not bring it back; reported by default
 */
public record GuardPolicy(
        GuardMode mode,
        Duration boot,
        Duration stall,
        Duration nudge,
        int mostNudges,
        Pages domainBudget,
        Pages hostBudget,
        Pages hostReserve,
        KiB floor,
        int floorPercent,
        Duration repay,
        OverdueAction overdue) {
    private static final int ALL = 100;
    private static final long BYTES_PER_KIB = 1024;

    public GuardPolicy {
        if (boot.isNegative() || stall.isNegative() || nudge.isNegative() || repay.isNegative()) {
            throw new IllegalArgumentException(
                    "patience is no negative time: " + boot + ", " + stall + ", " + nudge + ", " + repay);
        }
        if (mostNudges < 0 || floorPercent < 0 || floorPercent > ALL) {
            throw new IllegalArgumentException(
                    "nudges are 0 or more and a floor is 0 … 100 %, not " + mostNudges + " and " + floorPercent);
        }
    }

    /** {@return the defaults: nudge first, then cover} */
    public static GuardPolicy standard() {
        return new GuardPolicy(
                GuardMode.NUDGE_FIRST,
                Duration.ofMinutes(5),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                2,
                KiB.ofMiB(256).toPages(),
                KiB.ofMiB(1024).toPages(),
                KiB.ofMiB(64).toPages(),
                KiB.ofMiB(16),
                75,
                Duration.ofHours(1),
                OverdueAction.REPORT);
    }

    /** {@return the same in another mode} */
    public GuardPolicy withMode(GuardMode newMode) {
        return new GuardPolicy(
                newMode,
                boot,
                stall,
                nudge,
                mostNudges,
                domainBudget,
                hostBudget,
                hostReserve,
                floor,
                floorPercent,
                repay,
                overdue);
    }

    /** {@return the same with other patience} */
    public GuardPolicy withPatience(Duration newBoot, Duration newStall, Duration newNudge) {
        return new GuardPolicy(
                mode,
                newBoot,
                newStall,
                newNudge,
                mostNudges,
                domainBudget,
                hostBudget,
                hostReserve,
                floor,
                floorPercent,
                repay,
                overdue);
    }

    /** {@return the same with other limits on what the host lends} */
    public GuardPolicy withBudgets(Pages perDomain, Pages perHost, Pages reserve) {
        return new GuardPolicy(
                mode, boot, stall, nudge, mostNudges, perDomain, perHost, reserve, floor, floorPercent, repay, overdue);
    }

    /** {@return the same with other limits on nudging} */
    public GuardPolicy withNudges(int most, KiB newFloor, int newFloorPercent) {
        return new GuardPolicy(
                mode,
                boot,
                stall,
                nudge,
                most,
                domainBudget,
                hostBudget,
                hostReserve,
                newFloor,
                newFloorPercent,
                repay,
                overdue);
    }

    /** {@return the same with other rules for what is not given back} */
    public GuardPolicy withRepayment(Duration newRepay, OverdueAction action) {
        return new GuardPolicy(
                mode,
                boot,
                stall,
                nudge,
                mostNudges,
                domainBudget,
                hostBudget,
                hostReserve,
                floor,
                floorPercent,
                newRepay,
                action);
    }

    /** What the host may lend. */
    LoanBudget budget() {
        return new LoanBudget(domainBudget, hostBudget);
    }

    /** Where lowering ends for a guest that is meant to have {@code intent}; whole pages if {@link #floor} is. */
    KiB floorOf(KiB intent) {
        long share = intent.value() * floorPercent / ALL;
        return floor.max(Pages.holding(share * BYTES_PER_KIB).toKiB());
    }
}
