// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * A balloon driver: the arithmetic of a family, the pace, and how it misbehaves. Immutable: each method gives
 * another driver.
 *
 * @param family the arithmetic
 * @param pagesPerStep pages that it moves at a time
 * @param step time between two such moves
 * @param missing pages by which it always stops short of its goal
 * @param mostPages pages that it never exceeds
 * @param vices what else is wrong with it
 */
public record BalloonDriver(
        BalloonFamily family, int pagesPerStep, Duration step, long missing, long mostPages, Set<Vice> vices) {

    private static final int BATCH_PAGES = 512;
    private static final Duration BATCH_TIME = Duration.ofMillis(10);

    /** Ways to misbehave that have no number. */
    public enum Vice {
        /** Goes to the first target that it sees and ignores every later one. */
        STICKY,
        /** Says that it has reached its target, whether it has or not. */
        LYING
    }

    public BalloonDriver {
        vices = Set.copyOf(vices);
    }

    /** A driver of that family which does what it should: batches of 512 pages, 100 a second. */
    public static BalloonDriver of(BalloonFamily family) {
        return new BalloonDriver(family, BATCH_PAGES, BATCH_TIME, 0, Long.MAX_VALUE, Set.of());
    }

    /** Stops so many pages short of its goal, for good. */
    public BalloonDriver stoppingShortBy(long pages) {
        return new BalloonDriver(family, pagesPerStep, step, pages, mostPages, vices);
    }

    /** Moves so many pages at a time, with so much time between. */
    public BalloonDriver atPace(int pages, Duration time) {
        return new BalloonDriver(family, pages, time, missing, mostPages, vices);
    }

    /** Gets stuck when it has freed so many pages. */
    public BalloonDriver stuckAt(long pages) {
        return new BalloonDriver(family, pagesPerStep, step, missing, pages, vices);
    }

    /** Goes to the first target that it sees and ignores every later one. */
    public BalloonDriver sticky() {
        return with(Vice.STICKY);
    }

    /** Frees nothing and says that it has reached its target. */
    public BalloonDriver lying() {
        return stuckAt(0).with(Vice.LYING);
    }

    private BalloonDriver with(Vice vice) {
        Set<Vice> more = EnumSet.of(vice);
        more.addAll(vices);
        return new BalloonDriver(family, pagesPerStep, step, missing, mostPages, more);
    }
}
