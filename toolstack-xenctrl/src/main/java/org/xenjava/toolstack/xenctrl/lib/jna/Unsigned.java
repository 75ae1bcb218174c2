// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

/** Arguments that C would silently cut to its parameter's width. */
final class Unsigned {
    private Unsigned() {}

    /** @throws IllegalArgumentException if the value does not fit that many bits, at most 31 */
    static void require(String name, int value, int bits) {
        int max = (1 << bits) - 1;
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(name + " must be in 0 … " + max + ", not " + value);
        }
    }
}
