// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.ClockConfig.Base;
import org.xenjava.toolstack.config.ClockConfig.TscMode;

class ClockConfigTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Instant SUMMER = Instant.parse("2026-07-01T12:00:00Z");
    private static final Instant WINTER = Instant.parse("2026-01-01T12:00:00Z");

    @Test
    void localTimeIsAheadOfUtcByTheZonesOffsetAtThatTime() {
        ClockConfig local = new ClockConfig(Base.LOCAL_TIME, 0, TscMode.DEFAULT);
        assertEquals(7200, local.secondsAheadOfUtc(SUMMER, BERLIN));
        assertEquals(3600, local.secondsAheadOfUtc(WINTER, BERLIN));
        assertEquals(0, local.secondsAheadOfUtc(WINTER, ZoneOffset.UTC));
    }

    @Test
    void theOffsetIsAddedToEitherBase() {
        assertEquals(-5, new ClockConfig(Base.UTC, -5, TscMode.DEFAULT).secondsAheadOfUtc(SUMMER, BERLIN));
        assertEquals(7195, new ClockConfig(Base.LOCAL_TIME, -5, TscMode.DEFAULT).secondsAheadOfUtc(SUMMER, BERLIN));
    }
}
