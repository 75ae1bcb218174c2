// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AnswerPaceTest {
    private static final long START = 5;
    private static final long MILLI = Duration.ofMillis(1).toNanos();

    private final AnswerPace pace = new AnswerPace(54, START);

    @Test
    void aThreadSleepsForHalfOfTheTimeThatTheOtherAnswersTake() {
        assertEquals(8 * MILLI, pace.rest(16, START + 38 * MILLI));
    }

    @Test
    void aThreadDoesNotSleepBeforeTheFirstAnswer() {
        assertEquals(0, pace.rest(54, START + 10 * MILLI));
    }

    @Test
    void aThreadDoesNotSleepForTheLastAnswer() {
        assertEquals(0, pace.rest(1, START + 53 * MILLI));
        assertEquals(0, new AnswerPace(1, START).rest(1, START + MILLI));
    }

    @Test
    void aThreadDoesNotSleepForLessThanTheKernelsDelay() {
        assertEquals(0, pace.rest(4, START + 50 * MILLI / 1000));
    }

    @Test
    void aThreadSleepsForALimitedTime() {
        assertEquals(20 * MILLI, pace.rest(53, START + 1000 * MILLI));
    }

    @Test
    void fiftyFourAnswersOfOneMillisecondTakeSixSleeps() {
        long now = START + MILLI;
        int sleeps = 0;
        for (int missing = 53; missing > 1; missing = 54 - (int) ((now - START) / MILLI)) {
            long rest = pace.rest(missing, now);
            assertTrue(rest > 0);
            now += Math.max(rest, MILLI);
            sleeps++;
        }
        assertEquals(6, sleeps);
    }
}
