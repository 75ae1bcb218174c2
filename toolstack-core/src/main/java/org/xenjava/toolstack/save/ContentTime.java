// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.util.function.LongSupplier;

/**
 * Measures the time that pages with content take. Windows of frames that have only pages of zeroes, or none, are looked
 * through without the link, and tell nothing about it.
 */
final class ContentTime {
    private final LongSupplier clock;
    private final LongSupplier storedPages;
    private long began;
    private long storedBefore;
    private long nanos;

    /**
     * @param clock in nanoseconds
     * @param storedPages the number of pages that were sent with their contents so far
     */
    ContentTime(LongSupplier clock, LongSupplier storedPages) {
        this.clock = clock;
        this.storedPages = storedPages;
    }

    /** Starts anew. */
    void reset() {
        nanos = 0;
        begin();
    }

    /** A window begins. */
    void begin() {
        began = clock.getAsLong();
        storedBefore = storedPages.getAsLong();
    }

    /** A window ends. */
    void end() {
        if (storedPages.getAsLong() > storedBefore) {
            nanos += clock.getAsLong() - began;
        }
        storedBefore = storedPages.getAsLong();
    }

    /** {@return the time of the windows with content since the last reset, in nanoseconds} */
    long nanos() {
        return nanos;
    }
}
