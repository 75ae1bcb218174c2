// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

/**
 * A guest that takes part in a decision. All amounts are pages.
 *
 * @param guest the look at it
 * @param actual what it owns, in terms of its size
 * @param demand what it needs
 * @param pagesPerSecond the pace of its balloon driver
 * @param expectedGrowth pages that it was told to take and has not taken yet
 */
record Donor(GuestSnapshot guest, long actual, long demand, double pagesPerSecond, long expectedGrowth) {
    ShareRule.Bounds bounds() {
        return new ShareRule.Bounds(guest.floorPages(), guest.ceilingPages(), guest.basePages(), demand);
    }

    /** The most that it can give. */
    long aboveFloor() {
        return above(guest.floorPages());
    }

    /** The pages that it owns above a size. */
    long above(long size) {
        return Math.max(0, actual - Math.max(size, guest.floorPages()));
    }
}
