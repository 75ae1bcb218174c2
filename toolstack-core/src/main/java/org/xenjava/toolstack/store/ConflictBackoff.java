// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The number of attempts of a transaction that conflicts, and the pauses between them. A conflict with a single change is
 * over at once, so the first tries follow immediately. Later pauses double up to a limit and are random, so that two
 * processes that disturb each other part.
 *
 * @param pause lets time pass
 */
record ConflictBackoff(Consumer<Duration> pause) {
    /** All tries and pauses take about a second. */
    static final int MAX_TRIES = 40;

    private static final int WITHOUT_PAUSE = 3;
    private static final long FIRST_MICROS = 1_000;
    private static final long LONGEST_MICROS = 50_000;
    private static final int MOST_DOUBLINGS = 10;

    /** Pauses the thread. An interrupted thread does not pause; its interrupt stays. */
    static ConflictBackoff sleeping() {
        return new ConflictBackoff(time -> LockSupport.parkNanos(time.toNanos()));
    }

    /** Waits after a conflict. {@code failed} is the number of tries so far, 1 or more. */
    void afterConflict(int failed) {
        if (failed > WITHOUT_PAUSE) {
            int doublings = Math.min(MOST_DOUBLINGS, failed - WITHOUT_PAUSE - 1);
            long most = Math.min(LONGEST_MICROS, FIRST_MICROS << doublings);
            long micros = ThreadLocalRandom.current().nextLong(most / 2, most + 1);
            pause.accept(Duration.ofNanos(micros * 1_000));
        }
    }
}
