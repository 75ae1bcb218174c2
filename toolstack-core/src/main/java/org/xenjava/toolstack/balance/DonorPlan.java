// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The pages that each guest gives while memory is lacking. Every driver gets as much work as it can do until the next look, so
 * that the time is what is lacking divided by the pace of all drivers together: first what guests were told to take and have
 * not taken, which costs nothing, then what they do not need, then down to their fair shares.
 */
final class DonorPlan {
    private static final double WORK_AHEAD = 1.5;
    private static final double MILLIS = 1000;

    /** Less is not worth a step of a driver: 8 MiB. */
    private static final long LEAST_STEP = 2048;

    private final List<Donor> donors;
    private final long[] cancelled;
    private final long[] given;

    private DonorPlan(List<Donor> donors, long[] cancelled, long[] given) {
        this.donors = donors;
        this.cancelled = cancelled;
        this.given = given;
    }

    /**
     * Plans.
     *
     * @param lacking pages that are lacking
     * @param fair the size that each donor would have if the lacking pages were gone already
     * @param untilNextLook time until the next look
     */
    static DonorPlan of(List<Donor> donors, long lacking, long[] fair, Duration untilNextLook) {
        long[] spare = new long[donors.size()];
        long[] most = new long[donors.size()];
        for (int i = 0; i < spare.length; i++) {
            Donor donor = donors.get(i);
            long step = Math.max(
                    LEAST_STEP, (long) (WORK_AHEAD * donor.pagesPerSecond() * (untilNextLook.toMillis() / MILLIS)));
            spare[i] = Math.min(step, donor.above(donor.demand()));
            most[i] = Math.max(0, Math.min(step, donor.above(Math.min(fair[i], donor.demand()))) - spare[i]);
        }
        long[] cancelled = Levels.proportional(lacking, growths(donors));
        long rest = lacking - Levels.sum(cancelled);
        long[] given = Levels.proportional(rest, spare);
        long[] more = Levels.proportional(rest - Levels.sum(given), most);
        for (int i = 0; i < given.length; i++) {
            given[i] += more[i];
        }
        return new DonorPlan(donors, cancelled, given);
    }

    private static long[] growths(List<Donor> donors) {
        return donors.stream().mapToLong(Donor::cancellable).toArray();
    }

    /** The targets to set. A driver that has more to give up already keeps its target. */
    List<TargetChange> targets() {
        List<TargetChange> targets = new ArrayList<>();
        for (int i = 0; i < given.length; i++) {
            GuestSnapshot guest = donors.get(i).guest();
            long goal = given[i] > 0 ? donors.get(i).actual() - given[i] : guest.sizePages() - cancelled[i];
            change(guest, goal).ifPresent(targets::add);
        }
        return targets;
    }

    private static Optional<TargetChange> change(GuestSnapshot guest, long goal) {
        long size = Sizes.wholeMibUp(goal);
        return size < guest.sizePages()
                ? Optional.of(new TargetChange(guest.domid(), guest.sizePages(), size))
                : Optional.empty();
    }

    /** The pages that each guest will have given in the end, at the paces measured so far. */
    static MemoryAnswer.Promised promise(List<Donor> donors, long lacking, long[] fair) {
        long[] spare = new long[donors.size()];
        double pace = 1;
        for (int i = 0; i < spare.length; i++) {
            spare[i] = donors.get(i).above(Math.min(fair[i], donors.get(i).actual()));
            pace += spare[i] > 0 ? donors.get(i).pagesPerSecond() : 0;
        }
        long given = Math.max(0, lacking - Levels.sum(growths(donors)));
        long[] parts = Levels.proportional(given, spare);
        List<MemoryAnswer.Donation> donations = new ArrayList<>();
        for (int i = 0; i < parts.length; i++) {
            if (parts[i] > 0) {
                donations.add(new MemoryAnswer.Donation(donors.get(i).guest().domid(), parts[i]));
            }
        }
        return new MemoryAnswer.Promised(Duration.ofMillis((long) (MILLIS * (1 + given / pace))), donations);
    }
}
