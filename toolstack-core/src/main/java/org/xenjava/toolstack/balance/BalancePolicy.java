// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The settings of a balancer.
 *
 * @param rule how guests share the memory
 * @param controlDomain whether domain 0 takes part
 * @param reserve memory of the host that stays free beside the debts of populate-on-demand guests
 * @param debtReserve limit of the free memory that is kept for debts of populate-on-demand guests
 * @param interval time between two looks while nothing is lacking
 * @param hold time for which a guest keeps the size that another process has set
 */
public record BalancePolicy(
        BalanceRule rule,
        ControlDomainPart controlDomain,
        KiB reserve,
        KiB debtReserve,
        Duration interval,
        Duration hold) {
    private static final KiB RESERVE = KiB.ofMiB(64);
    private static final KiB DEBT_RESERVE = KiB.ofMiB(1024);
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration HOLD = Duration.ofMinutes(1);

    /** The part of domain 0. */
    public enum ControlDomainPart {
        /** Domain 0 keeps its size. */
        NONE,
        /** Domain 0 takes part unless {@code dom0_mem=} on Xen's command line fixes its size. */
        UNLESS_FIXED
    }

    /** {@return the policy by demand, with 64 MiB in reserve, in which domain 0 takes part unless its size is fixed} */
    public static BalancePolicy standard() {
        return new BalancePolicy(
                BalanceRule.DEMAND, ControlDomainPart.UNLESS_FIXED, RESERVE, DEBT_RESERVE, INTERVAL, HOLD);
    }

    /**
     * {@return the same policy with another rule}
     *
     * @param other how guests share the memory
     */
    public BalancePolicy withRule(BalanceRule other) {
        return new BalancePolicy(other, controlDomain, reserve, debtReserve, interval, hold);
    }

    /**
     * {@return the same policy with another reserve}
     *
     * @param other memory of the host that stays free
     */
    public BalancePolicy withReserve(KiB other) {
        return new BalancePolicy(rule, controlDomain, other, debtReserve, interval, hold);
    }

    /**
     * {@return the same policy with another part of domain 0}
     *
     * @param other whether domain 0 takes part
     */
    public BalancePolicy withControlDomain(ControlDomainPart other) {
        return new BalancePolicy(rule, other, reserve, debtReserve, interval, hold);
    }
}
