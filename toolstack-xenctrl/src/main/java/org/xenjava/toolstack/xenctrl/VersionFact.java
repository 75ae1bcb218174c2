// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

/** The facts about Xen in a core dump, in their order: {@code XENVER_*} and sizes of {@code public/version.h}. */
public enum VersionFact {
    EXTRAVERSION(1, 16),
    /** The compiler, and the user, domain and date of the compilation: 64, 16, 32 and 32 bytes of text. */
    COMPILE_INFO(2, 144),
    CAPABILITIES(3, 1024),
    CHANGESET(4, 64),
    /** The first of Xen's own addresses: a number of 64 bits. */
    PLATFORM_PARAMETERS(5, 8);

    private final int number;
    private final int bytes;

    VersionFact(int number, int bytes) {
        this.number = number;
        this.bytes = bytes;
    }

    int number() {
        return number;
    }

    /** The size in bytes. */
    public int bytes() {
        return bytes;
    }
}
