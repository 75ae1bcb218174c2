// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

/** Rules by which guests share the memory of a host. */
public enum BalanceRule {
    /**
     * Every guest gets what it needs by its own report. If that is too much for the host, one level limits all guests
     * (max-min fairness). What is left over is divided by the room that each guest has up to its ceiling.
     */
    DEMAND,
    /** Every guest gets the same fraction of the way from its floor to its ceiling, whatever it reports. */
    PROPORTIONAL,
    /** Guests keep the size that was set for them. They give memory up for new guests only, and get it back later. */
    FIXED
}
