// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.time.Instant;
import java.time.ZoneId;

/**
 * The time that a guest sees.
 *
 * @param base the time that its emulated real-time clock starts from
 * @param offsetSeconds seconds that the real-time clock is ahead of the base: xl.cfg's {@code rtc_timeoffset}. Negative
 *     if the clock is behind
 * @param tscMode what the guest reads as its time stamp counter
 */
public record ClockConfig(Base base, int offsetSeconds, TscMode tscMode) {
    /** UTC, and xl's default mode of the time stamp counter. */
    public static final ClockConfig DEFAULT = new ClockConfig(Base.UTC, 0, TscMode.DEFAULT);

    /** The time zone of a real-time clock. */
    public enum Base {
        /** Universal time. */
        UTC,
        /** The host's local time, which Windows expects: xl.cfg's {@code localtime}. */
        LOCAL_TIME
    }

    /**
     * {@return seconds that the real-time clock is ahead of UTC, which Xen is told when the guest is created}
     *
     * @param now the time of the creation: daylight saving time may be in force
     * @param zone the host's time zone
     */
    public long secondsAheadOfUtc(Instant now, ZoneId zone) {
        return (long) offsetSeconds
                + (base == Base.LOCAL_TIME ? zone.getRules().getOffset(now).getTotalSeconds() : 0);
    }
}
