// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Kinds of guests that the library builds. */
public enum DomainType {
    /** A kernel started directly, no firmware, no device model. */
    PVH,
    /** Firmware and a device model. */
    HVM;

    /** The kind that has this {@link #word}; empty for a kind that the library does not build. */
    public static Optional<DomainType> ofWord(String word) {
        return Stream.of(values()).filter(type -> type.word().equals(word)).findFirst();
    }

    /** The word of xl.cfg and of xenstore's {@code /libxl/N/type}: {@code pvh} or {@code hvm}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
