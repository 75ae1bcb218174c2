// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.time.Duration;
import java.util.Optional;

/**
 * Decides how often the memory of a running guest is copied. As in libxc, at most five passes, and none for less than 50
 * pages; beyond libxc, no further pass once the number of written pages no longer falls. With a longest rest: until the
 * copy of the rest is predicted to take no longer, at most 30 passes.
 */
final class PassPolicy {
    private static final int MOST_PASSES = 5;
    private static final int MOST_PASSES_TO_A_REST = 30;
    private static final int FEW_PAGES = 50;

    private final Optional<Duration> longestRest;
    private int passes = 1;
    private int before = Integer.MAX_VALUE;

    PassPolicy(Optional<Duration> longestRest) {
        this.longestRest = longestRest;
    }

    /**
     * Whether another pass is worthwhile before the guest is suspended.
     *
     * @param written pages that the guest has written since the last pass
     * @param rest the time that their copy would take
     */
    boolean isAnotherPassWorthwhile(int written, Duration rest) {
        boolean worthwhile = longestRest.isPresent()
                ? isTooLong(rest) && passes < MOST_PASSES_TO_A_REST
                : written >= FEW_PAGES && passes < MOST_PASSES && written < before;
        before = written;
        passes++;
        return worthwhile;
    }

    /** Whether the copy of the rest would take too long. */
    boolean isTooLong(Duration rest) {
        return longestRest.filter(longest -> rest.compareTo(longest) > 0).isPresent();
    }
}
