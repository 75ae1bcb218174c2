// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.time.Instant;
import java.time.ZoneId;
import java.util.Locale;

/**
 * The time that a guest sees.
 *
 * @param base the time that its emulated real-time clock starts from
 * @param offsetSeconds seconds that the real-time clock is ahead of the base: xl.cfg's {@code rtc_timeoffset}. Negative
 *     if the clock is behind
 * @param tscMode what the guest reads as its time stamp counter
 * @param timerMode treatment of missed timer ticks
 */
public record ClockConfig(Base base, int offsetSeconds, TscMode tscMode, TimerMode timerMode) {
    /** UTC, and xl's default modes of the time stamp counter and of timers. */
    public static final ClockConfig DEFAULT = new ClockConfig(Base.UTC, 0, TscMode.DEFAULT);

    /**
     * Creates a clock with libxl's default treatment of missed timer ticks.
     *
     * @param base the time that the emulated real-time clock starts from
     * @param offsetSeconds seconds that the real-time clock is ahead of the base
     * @param tscMode what the guest reads as its time stamp counter
     */
    public ClockConfig(Base base, int offsetSeconds, TscMode tscMode) {
        this(base, offsetSeconds, tscMode, TimerMode.NO_DELAY_FOR_MISSED_TICKS);
    }

    /**
     * The guest's time stamp counter: xl.cfg's {@code tsc_mode}, explained in xen-tscmode(7). Its
     * fourth value, {@code native_paravirt}, is gone from Xen.
     */
    public enum TscMode {
        /** The processor's counter, unless it would differ between hosts. xl's default. */
        DEFAULT(0),
        /** A counter of nanoseconds that Xen always emulates. */
        ALWAYS_EMULATE(1),
        /** Always the processor's counter. */
        NATIVE(2);

        private final int number;

        TscMode(int number) {
            this.number = number;
        }

        /** {@return its number in {@code XEN_DOMCTL_settscinfo}} */
        public int number() {
            return number;
        }

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Treatment of timer ticks that a vCPU misses while it does not run: xl.cfg's {@code timer_mode}.
     */
    public enum TimerMode {
        /** The guest's time stops with the vCPU; missed ticks are delivered afterwards. */
        DELAY_FOR_MISSED_TICKS(0),
        /** The guest's time continues; missed ticks are delivered afterwards. libxl's default. */
        NO_DELAY_FOR_MISSED_TICKS(1),
        /** The guest's time continues; missed ticks are lost. */
        NO_MISSED_TICKS_PENDING(2),
        /** The guest's time continues; missed ticks become one. */
        ONE_MISSED_TICK_PENDING(3);

        private final int number;

        TimerMode(int number) {
            this.number = number;
        }

        /** {@return the value of {@code HVM_PARAM_TIMER_MODE}} */
        public int number() {
            return number;
        }

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

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
