// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;

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
