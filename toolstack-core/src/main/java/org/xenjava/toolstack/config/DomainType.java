// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;

/** Kinds of guests that the library builds. */
public enum DomainType {
    /** A kernel started directly, no firmware, no device model. */
    PVH,
    /** Firmware and a device model. */
    HVM;

    /** The word of xl.cfg and of xenstore's {@code /libxl/N/type}: {@code pvh} or {@code hvm}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
