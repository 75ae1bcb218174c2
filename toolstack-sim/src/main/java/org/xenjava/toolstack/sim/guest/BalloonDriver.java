// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * The description of a balloon driver: its family's arithmetic, its pace and its defects. Immutable: each method
 * returns another description.
 *
 * @param family the arithmetic
 * @param pagesPerStep pages that the driver moves at a time
 * @param step time between two moves
 * @param missing pages by which the driver always stops short of its goal
 * @param mostPages limit of the pages that the driver frees
 * @param vices further defects
 */
public record BalloonDriver(
        BalloonFamily family, int pagesPerStep, Duration step, long missing, long mostPages, Set<Vice> vices) {

    private static final int BATCH_PAGES = 512;
    private static final Duration BATCH_TIME = Duration.ofMillis(10);

    /** Defects without a number. */
    public enum Vice {
        /** The driver follows the first target that it reads and ignores every later one. */
        STICKY,
        /** The driver always reports that it has reached its target. */
        LYING
    }

    /**
     * Copies the collections, so that the record is immutable.
     *
     * @param family the arithmetic
     * @param pagesPerStep pages that the driver moves at a time
     * @param step time between two moves
     * @param missing pages by which the driver always stops short of its goal
     * @param mostPages limit of the pages that the driver frees
     * @param vices further defects
     */
    public BalloonDriver {
        vices = Set.copyOf(vices);
    }

    /**
     * {@return a driver of that family without defects, which moves 512 pages at a time, 100 times a second}
     *
     * @param family the arithmetic of the driver
     */
    public static BalloonDriver of(BalloonFamily family) {
        return new BalloonDriver(family, BATCH_PAGES, BATCH_TIME, 0, Long.MAX_VALUE, Set.of());
    }

    /**
     * {@return the driver that always stops that many pages short of its goal}
     *
     * @param pages 0 or more
     */
    public BalloonDriver stoppingShortBy(long pages) {
        return new BalloonDriver(family, pagesPerStep, step, pages, mostPages, vices);
    }

    /**
     * {@return the driver at another pace}
     *
     * @param pages pages moved at a time, 1 or more
     * @param time time between two moves
     */
    public BalloonDriver atPace(int pages, Duration time) {
        return new BalloonDriver(family, pages, time, missing, mostPages, vices);
    }

    /**
     * {@return the driver that stops for good when it has freed that many pages}
     *
     * @param pages 0 or more
     */
    public BalloonDriver stuckAt(long pages) {
        return new BalloonDriver(family, pagesPerStep, step, missing, pages, vices);
    }

    /** {@return the driver that follows the first target that it reads and ignores every later one} */
    public BalloonDriver sticky() {
        return with(Vice.STICKY);
    }

    /** {@return the driver that frees nothing and reports that it has reached its target} */
    public BalloonDriver lying() {
        return stuckAt(0).with(Vice.LYING);
    }

    private BalloonDriver with(Vice vice) {
        Set<Vice> more = EnumSet.of(vice);
        more.addAll(vices);
        return new BalloonDriver(family, pagesPerStep, step, missing, mostPages, more);
    }
}
