// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The observed movements of one guest's balloon driver. Only measured movement counts: a driver that is told to give pages up
 * and does not move for four seconds is distrusted until it moves, or until its target is raised to what the guest owns.
 */
final class DriverTrack {
    /** A driver that ends this far from its target has arrived: 4 MiB. */
    static final long TOLERANCE = 1024;

    /** Expected of a driver whose pace was not measured yet: 64 MiB/s. */
    private static final double FIRST_PAGES_PER_SECOND = 16_384;

    private static final double LEAST_PAGES_PER_SECOND = 1024;
    private static final double MOST_PAGES_PER_SECOND = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    /** A driver that has not reached a target yet may not have started. */
    private static final Duration FIRST_PATIENCE = Duration.ofSeconds(60);

    /** The pace in a shorter time is not measured: a watch may cause two looks at almost the same time. */
    private static final Duration SHORTEST = Duration.ofMillis(50);

    /** Memory that a guest was told to take and has not taken for this time is not kept for it any longer. */
    private static final Duration GROWTH_LIMIT = Duration.ofSeconds(60);

    private static final long LEAST_MOVE = 16;
    private static final long CONVINCING_MOVE = 256;
    private static final double MILLIS = 1000;

    private boolean settled;
    private double pagesPerSecond = FIRST_PAGES_PER_SECOND;
    private long extra;
    private long owned;
    private long size;
    private Instant look = Instant.MIN;
    private Instant lastMove = Instant.MIN;
    private Instant growthOrdered = Instant.MIN;
    private Optional<Instant> shrinkOrdered = Optional.empty();
    private Optional<Instant> distrustedSince = Optional.empty();
    private long movedSinceDistrust;

    void look(GuestSnapshot guest, Instant now) {
        boolean first = look.equals(Instant.MIN);
        long given = first ? 0 : owned - guest.ownedPages();
        if (first || given != 0) {
            lastMove = now;
        }
        if (first || guest.sizePages() > size || given < 0) {
            growthOrdered = now;
        }
        Instant before = first ? now : look;
        long change = first ? 0 : guest.sizePages() - size;
        owned = guest.ownedPages();
        size = guest.sizePages();
        look = now;
        switch (guest.phase()) {
            case BUILDING, BALLOONING -> {
                settled = false;
                shrinkOrdered = Optional.empty();
            }
            case FIXED -> shrinkOrdered = Optional.empty();
            case RUNNING -> lookAtDriver(given, Duration.between(before, now), change, now);
        }
    }

    private void lookAtDriver(long given, Duration time, long change, Instant now) {
        long gap = owned - size;
        if (gap > TOLERANCE) {
            shrinkOrdered = shrinkOrdered.or(() -> Optional.of(now));
            watchShrinking(given, time, now);
            return;
        }
        if ((change < 0 || shrinkOrdered.isPresent()) && given > 0 && isMeasurable(time)) {
            // The driver may have waited for more work.
            pagesPerSecond = Math.min(MOST_PAGES_PER_SECOND, Math.max(pagesPerSecond, pace(given, time)) * 2);
        }
        shrinkOrdered = Optional.empty();
        settled = true;
        measureExtra(gap, given, change);
        distrustedSince = Optional.empty();
    }

    /**
     * Pages that a guest gives up were no special pages. A guest that owns less than expected and gives nothing up may
     * still take the rest, however long it has not moved.
     */
    private void measureExtra(long gap, long given, long change) {
        if (given > 0 && change <= 0) {
            extra = Math.min(extra, Math.max(0, gap));
        } else if (given == 0) {
            extra = Math.max(extra, gap);
        }
    }

    private void watchShrinking(long given, Duration time, Instant now) {
        if (given >= LEAST_MOVE) {
            if (isMeasurable(time)) {
                pagesPerSecond = Math.max(LEAST_PAGES_PER_SECOND, (pagesPerSecond + pace(given, time)) / 2);
            }
            movedSinceDistrust += given;
            if (movedSinceDistrust >= CONVINCING_MOVE) {
                distrustedSince = Optional.empty();
            }
        } else if (distrustedSince.isEmpty() && stillFor(now).compareTo(settled ? PATIENCE : FIRST_PATIENCE) >= 0) {
            distrustedSince = Optional.of(now);
            movedSinceDistrust = 0;
        }
    }

    private static boolean isMeasurable(Duration time) {
        return time.compareTo(SHORTEST) >= 0;
    }

    private static double pace(long pages, Duration time) {
        return pages / (time.toMillis() / MILLIS);
    }

    /** Time for which the driver has been told to give pages up and has not moved. */
    Duration stillFor(Instant now) {
        Instant ordered = shrinkOrdered.orElse(now);
        return Duration.between(ordered.isAfter(lastMove) ? ordered : lastMove, now);
    }

    /** Whether the driver has reached its target at least once. */
    boolean isSettled() {
        return settled;
    }

    boolean isDistrusted() {
        return distrustedSince.isPresent();
    }

    /** What the guest owns, in terms of its size: without the special pages that come on top. */
    long actual() {
        return Math.max(0, owned - extra);
    }

    /** Pages that the guest was told to take and is expected to take. */
    long expectedGrowth(Instant now) {
        boolean expected = Duration.between(growthOrdered, now).compareTo(GROWTH_LIMIT) < 0;
        return expected ? Math.max(0, size - actual()) : 0;
    }

    double pagesPerSecond() {
        return pagesPerSecond;
    }
}
