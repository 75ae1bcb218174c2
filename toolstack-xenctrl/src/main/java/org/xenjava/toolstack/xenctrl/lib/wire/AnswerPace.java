// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.time.Duration;

/**
 * The time that a thread which waits for many answers sleeps before it reads again: half of the time that the
 * missing ones take if they arrive as fast as the first ones did. The thread wakes up about log2(answers) times, and is
 * late only if xenstored becomes twice as fast meanwhile.
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
