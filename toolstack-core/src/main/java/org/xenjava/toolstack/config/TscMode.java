// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;

/**
 * What a guest reads as its time stamp counter: xl.cfg's {@code tsc_mode}, explained in xen-tscmode(7). In the order of
 * Xen's numbers ({@code XEN_DOMCTL_settscinfo}), so that {@link #ordinal} is the number. The fourth, {@code
 * native_paravirt}, has gone from Xen.
 */
public enum TscMode {
    /** The processor's, unless that would differ between hosts. xl's default. */
    DEFAULT,
    /** A count of nanoseconds, always made by Xen. */
    ALWAYS_EMULATE,
    /** The processor's, always. */
    NATIVE;

    /** The word of xl.cfg. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
