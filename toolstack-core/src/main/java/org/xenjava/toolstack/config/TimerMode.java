// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;

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
