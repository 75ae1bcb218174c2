// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.util.List;

/** Computes what each guest should have. */
interface ShareRule {
    /**
     * The figures of a guest that a rule knows, in pages.
     *
     * @param floor smallest size
     * @param ceiling largest size
     * @param base size that the user has set
     * @param demand what the guest needs
     */
    record Bounds(long floor, long ceiling, long base, long demand) {
        /** What the guest needs, between its bounds. */
        long wanted() {
            return Math.max(floor, Math.min(demand, ceiling));
        }

        /** What the user has set, between its bounds. */
        long set() {
            return Math.max(floor, Math.min(base, ceiling));
        }
    }

    /**
     * Divides the memory.
     *
     * @param total pages for all guests together
     * @return a share for each guest, in the same order: floor … ceiling, together at most the total unless the floors
     *     exceed it
     */
    long[] shares(long total, List<Bounds> guests);

    /** {@return the rule of that name} */
    static ShareRule of(BalanceRule rule) {
        return switch (rule) {
            case DEMAND -> new DemandShares();
            case PROPORTIONAL -> new ProportionalShares();
            case FIXED -> new FixedShares();
        };
    }
}
