// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

/**
 * A guest that takes part in a decision. All amounts are pages.
 *
 * @param guest the look at it
 * @param held what its driver is known not to give up; 0 if the driver is trusted
 * @param actual what it owns, in terms of its size
 * @param demand what it needs
 * @param pagesPerSecond the pace of its balloon driver
 * @param expectedGrowth pages that it was told to take and has not taken yet
 */
record Donor(GuestSnapshot guest, long held, long actual, long demand, double pagesPerSecond, long expectedGrowth) {
    /** The least size that it can be brought to. */
    private long floor() {
        return Math.max(held, guest.floorPages());
    }

    ShareRule.Bounds bounds() {
        return new ShareRule.Bounds(guest.floorPages(), guest.ceilingPages(), guest.basePages(), demand);
    }

    /** The most that it can give. */
    long aboveFloor() {
        return above(floor());
    }

    /** Memory that the donor was told to take and has not taken, as far as that may be cancelled. */
    long cancellable() {
        return Math.max(0, Math.min(expectedGrowth, guest.sizePages() - floor()));
    }

    /** The pages that it owns above a size. */
    long above(long size) {
        return Math.max(0, actual - Math.max(size, floor()));
    }
}
