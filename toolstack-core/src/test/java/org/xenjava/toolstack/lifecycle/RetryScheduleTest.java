// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RetryScheduleTest {
    private static final UUID WEB = UUID.fromString("00000000-0000-4000-8000-000000000005");
    private static final SupervisionPolicy POLICY = SupervisionPolicy.standard();

    private final RetrySchedule schedule = new RetrySchedule(POLICY);
    private Instant now = Instant.EPOCH;

    @Test
    void failedStartsAreRepeatedAfterTwiceTheTimeEach() {
        for (long seconds : new long[] {2, 4, 8, 16, 32, 64, 128, 256}) {
            assertEquals(Optional.of(Duration.ofSeconds(seconds)), schedule.failed(WEB, now));
        }
        assertEquals(Optional.of(Duration.ofMinutes(5)), schedule.failed(WEB, now), "five minutes at most");
    }

    @Test
    void retriesEndWhenTheirTimeIsOver() {
        Instant end = now.plus(POLICY.retryFor());
        Optional<Duration> next = schedule.failed(WEB, now);
        while (next.isPresent()) {
            now = now.plus(next.get());
            assertFalse(now.isAfter(end));
            next = schedule.failed(WEB, now);
        }
    }

    @Test
    void aSuccessfulStartResetsEarlierFailures() {
        schedule.failed(WEB, now);
        schedule.failed(WEB, now);
        schedule.started(WEB, now);
        assertEquals(Optional.of(Duration.ofSeconds(2)), schedule.failed(WEB, now));
    }

    @Test
    void quickRunsInARowAreALoop() {
        for (int run = 0; run < POLICY.mostQuickRuns(); run++) {
            assertFalse(schedule.isLooping(WEB, now));
            schedule.stopped(WEB, now);
            schedule.started(WEB, now);
            now = now.plus(POLICY.quickRun()).minusMillis(1);
        }
        assertTrue(schedule.isLooping(WEB, now));
        assertFalse(schedule.isLooping(WEB, now.plusMillis(1)), "a run that lasted long enough ends the loop");
    }

    @Test
    void aDomainIsDueAgainWhenItsTimeHasCome() {
        schedule.postpone(WEB, now.plusSeconds(30));
        assertFalse(schedule.isDue(WEB, now));
        assertEquals(Optional.of(Duration.ofSeconds(30)), schedule.untilNext(now));
        assertTrue(schedule.isDue(WEB, now.plusSeconds(30)));
        assertEquals(Optional.empty(), schedule.untilNext(now.plusSeconds(30)));
    }
}
