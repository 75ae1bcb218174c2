// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The targets that bring each guest to its share while nothing is lacking. Small differences are left alone, so that
 * noise in the demand moves nothing. Guests grow only out of memory that is free now.
 */
final class SharePlan {
    /** A difference of less than 4 % of the size, or than 8 MiB, is left alone. */
    private static final long BAND_PARTS = 25;

    private static final long LEAST_BAND = 2048;

    private SharePlan() {}

    /**
     * Plans.
     *
     * @param free pages that are free now and kept for nobody
     * @return the targets, those that shrink first
     */
    static List<TargetChange> targets(List<Donor> guests, long[] shares, long free) {
        List<TargetChange> targets = new ArrayList<>();
        List<Growth> growths = new ArrayList<>();
        for (int i = 0; i < shares.length; i++) {
            GuestSnapshot guest = guests.get(i).guest();
            long difference = shares[i] - guest.sizePages();
            if (Math.abs(difference) > band(guest) && !isHeld(guests.get(i), shares[i])) {
                if (difference > 0) {
                    growths.add(new Growth(guests.get(i), difference));
                } else {
                    targets.add(new TargetChange(guest.domid(), guest.sizePages(), Sizes.wholeMibUp(shares[i])));
                }
            }
        }
        // While the reserve is short, a guest that is giving memory up goes on.
        if (free < 0) {
            return targets;
        }
        long left = free;
        growths.sort(Comparator.comparingLong(
                growth -> growth.guest().actual() - growth.guest().demand()));
        for (Growth growth : growths) {
            long size = growth.guest().guest().sizePages();
            // What the guest still owns above its size costs nothing.
            long owned = Math.max(0, growth.guest().actual() - size);
            long next = Sizes.wholeMibDown(size + Math.min(growth.wanted(), left + owned));
            if (next - size >= Math.min(growth.wanted(), LEAST_BAND) && next > size) {
                targets.add(new TargetChange(growth.guest().guest().domid(), size, next));
                left -= Math.max(0, next - size - owned);
            }
        }
        return targets;
    }

    /**
     * Whether a guest stays as it is, because its driver does not give up what is above the share. The target of such a
     * driver is raised only if the guest is to grow: at its target, the driver is trusted again.
     */
    static boolean isHeld(Donor guest, long share) {
        return guest.held() > 0 && share - guest.held() <= band(guest.guest());
    }

    private record Growth(Donor guest, long wanted) {}

    private static long band(GuestSnapshot guest) {
        return Math.max(LEAST_BAND, guest.sizePages() / BAND_PARTS);
    }
}
