// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;

/**
 * How Xen makes up for the ticks that came while a vCPU was not running: xl.cfg's {@code timer_mode}.
 */
public enum TimerMode {
    /** The guest's time stands still with it, and missed ticks are delivered afterwards. */
    DELAY_FOR_MISSED_TICKS(0),
    /** The guest's time goes on, and missed ticks are delivered afterwards. libxl's default. */
    NO_DELAY_FOR_MISSED_TICKS(1),
    /** The guest's time goes on, and missed ticks are lost. */
    NO_MISSED_TICKS_PENDING(2),
    /** The guest's time goes on, and missed ticks become one. */
    ONE_MISSED_TICK_PENDING(3);

    private final int number;

    TimerMode(int number) {
        this.number = number;
    }

    /** The value of {@code HVM_PARAM_TIMER_MODE}. */
    public int number() {
        return number;
    }

    /** The word of xl.cfg. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
