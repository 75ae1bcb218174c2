// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The demand of one guest: rises with a report at once, and decays with a half-life of 20 s. */
final class DemandTrack {
    private static final double HALF_LIFE_SECONDS = 20;
    private static final double MILLIS = 1000;

    /** A guest that uses more than this part of its memory would swap at the next need. */
    private static final double HEAD_ROOM = 1.15;

    /** Pressure, in hundredths of a percent, at which a guest needs more than it uses. */
    private static final int HIGH_PRESSURE = 500;

    private static final double GROWTH_UNDER_PRESSURE = 1.125;

    /** After this time without a rise, the demand is what the guest reports. */
    private static final Duration LONGEST_DECAY = Duration.ofSeconds(50);

    private double demand = -1;
    private Optional<Instant> fallingSince = Optional.empty();
    private Instant last = Instant.MIN;

    /** Takes a look at the guest and returns its demand in pages; that is the size set by the user without a report. */
    long look(GuestSnapshot guest, long actual, Instant now) {
        Optional<Double> wanted = guest.report()
                .filter(report -> report.isFresh(now))
                .map(report -> Math.min(guest.ceilingPages(), wanted(report, actual)));
        if (wanted.isEmpty()) {
            demand = -1;
            fallingSince = Optional.empty();
            return guest.basePages();
        }
        follow(wanted.get(), now);
        last = now;
        return (long) demand;
    }

    private static double wanted(GuestReport report, long actual) {
        double used = report.usedPages() * HEAD_ROOM;
        return report.pressure().orElse(0) >= HIGH_PRESSURE ? Math.max(used, actual * GROWTH_UNDER_PRESSURE) : used;
    }

    private void follow(double wanted, Instant now) {
        if (wanted >= demand) {
            demand = wanted;
            fallingSince = Optional.empty();
            return;
        }
        Instant since = fallingSince.orElse(now);
        fallingSince = Optional.of(since);
        if (Duration.between(since, now).compareTo(LONGEST_DECAY) >= 0) {
            demand = wanted;
        } else {
            double seconds = Duration.between(last, now).toMillis() / MILLIS;
            demand = wanted + (demand - wanted) * Math.pow(2, -seconds / HALF_LIFE_SECONDS);
        }
    }
}
