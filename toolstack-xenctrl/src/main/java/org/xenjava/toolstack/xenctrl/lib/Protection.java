// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** Access to mapped guest memory: the {@code prot} argument of {@code mmap(2)}. */
public enum Protection {
    /** Reads. */
    READ(1),
    /** Reads and writes. */
    READ_WRITE(3);

    private final int prot;

    Protection(int prot) {
        this.prot = prot;
    }

    /** {@return the PROT_* bits} */
    public int bits() {
        return prot;
    }
}
