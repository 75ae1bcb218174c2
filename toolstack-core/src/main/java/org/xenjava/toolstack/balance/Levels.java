// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.util.Arrays;

/** Divides an amount among guests. */
final class Levels {
    private static final int ROUNDS = 64;

    private Levels() {}

    /**
     * Fills all guests to one level, each between its bounds. If all bounds are reached, less than the total is given.
     *
     * @return shares that add up to the total, or to the sum of {@code least} if that is more
     */
    static long[] fill(long total, long[] least, long[] most) {
        if (sum(most) <= total) {
            return most.clone();
        }
        long low = 0;
        long high = Math.max(1, Arrays.stream(most).max().orElse(0));
        for (int round = 0; round < ROUNDS && low < high; round++) {
            long level = low + (high - low + 1) / 2;
            if (sum(at(level, least, most)) <= total) {
                low = level;
            } else {
                high = level - 1;
            }
        }
        return at(low, least, most);
    }

    private static long[] at(long level, long[] least, long[] most) {
        long[] shares = new long[least.length];
        Arrays.setAll(shares, i -> Math.max(least[i], Math.min(level, most[i])));
        return shares;
    }

    /** Parts of an amount in proportion to weights; no part exceeds its weight, and none is negative. */
    static long[] proportional(long total, long[] weights) {
        long all = sum(weights);
        double fraction = all <= 0 ? 0 : Math.max(0, Math.min(1, (double) total / all));
        return Arrays.stream(weights).map(weight -> (long) (weight * fraction)).toArray();
    }

    static long sum(long[] values) {
        return Arrays.stream(values).sum();
    }
}
