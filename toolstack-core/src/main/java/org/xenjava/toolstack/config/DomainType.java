// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Kinds of guests. */
public enum DomainType {
    /** A guest that starts a kernel directly, without firmware or device model. */
    PVH,
    /** A guest with firmware and a device model. */
    HVM,
    /** A guest whose kernel knows Xen and uses no hardware virtualization; xl's default. */
    PV;

    /**
     * {@return the kind with this {@link #word}; empty if there is none}
     *
     * @param word a word of xl.cfg's {@code type}
     */
    public static Optional<DomainType> ofWord(String word) {
        return Stream.of(values()).filter(type -> type.word().equals(word)).findFirst();
    }

    /** {@return the word of xl.cfg and of xenstore's {@code /libxl/N/type}: {@code pvh}, {@code hvm} or {@code pv}} */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
