// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.time.Duration;

/**
 * The time for which a thread that waits for many answers sleeps before it looks for more: half of the time that the
 * others take if they come as fast as the first ones. So a thread wakes up about as often as the number of answers can be
 * halved, and is not late unless xenstored becomes twice as fast.
 *
 * @param answers number of answers that the thread waits for
 * @param start when the wait began, in nanoseconds
 */
record AnswerPace(int answers, long start) {
    /** A shorter sleep gains nothing: the kernel's own delay is 50 microseconds. */
    private static final long SHORTEST = Duration.ofNanos(100_000).toNanos();

    private static final long LONGEST = Duration.ofMillis(20).toNanos();

    /**
     * {@return the time to sleep in nanoseconds; 0 for none}
     *
     * @param missing number of answers that have not come
     * @param now the present time, in nanoseconds
     */
    long rest(int missing, long now) {
        int come = answers - missing;
        if (come <= 0 || missing <= 1) {
            return 0;
        }
        long rest = (now - start) / come * missing / 2;
        return rest < SHORTEST ? 0 : Math.min(rest, LONGEST);
    }
}
