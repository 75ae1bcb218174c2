// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.sim.guest;

import java.time.Duration;

/**
 * A balloon driver: the arithmetic of a family, the pace, and how it misbehaves. Immutable: each method gives
 * another driver.
 *
 * @param family the arithmetic
 * @param pagesPerStep pages that it moves at a time
 * @param step time between two such moves
 * @param missing pages by which it always stops short of its goal
 * @param mostPages pages that it never exceeds
 * @param followsTarget whether it looks at {@code memory/target} again after the first time
 * @param honest whether it says that it is done only when it is
 */
public record BalloonDriver(
        BalloonFamily family,
        int pagesPerStep,
        Duration step,
        long missing,
        long mostPages,
        boolean followsTarget,
        boolean honest) {

    private static final int BATCH_PAGES = 512;
    private static final Duration BATCH_TIME = Duration.ofMillis(10);

    /** A driver of that family which does what it should. */
    public static BalloonDriver of(BalloonFamily family) {
        return new BalloonDriver(family, BATCH_PAGES, BATCH_TIME, 0, Long.MAX_VALUE, true, true);
    }

    /** Stops so many pages short of its goal, for good. */
    public BalloonDriver stoppingShortBy(long pages) {
        return new BalloonDriver(family, pagesPerStep, step, pages, mostPages, followsTarget, honest);
    }

    /** Moves so many pages at a time, with so much time between. */
    public BalloonDriver atPace(int pages, Duration time) {
        return new BalloonDriver(family, pages, time, missing, mostPages, followsTarget, honest);
    }

    /** Gets stuck when it has freed so many pages. */
    public BalloonDriver stuckAt(long pages) {
        return new BalloonDriver(family, pagesPerStep, step, missing, pages, followsTarget, honest);
    }

    /** Goes to the first target that it sees and ignores every later one. */
    public BalloonDriver sticky() {
        return new BalloonDriver(family, pagesPerStep, step, missing, mostPages, false, honest);
    }

    /** Frees nothing and says that it has reached its target. */
    public BalloonDriver lying() {
        return new BalloonDriver(family, pagesPerStep, step, missing, 0, followsTarget, false);
    }
}
