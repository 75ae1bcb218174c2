// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

/** Sizes of guests, in pages. */
final class Sizes {
    private static final long PAGES_PER_MIB = 256;

    private Sizes() {}

    static long wholeMibUp(long pages) {
        return -Math.floorDiv(-pages, PAGES_PER_MIB) * PAGES_PER_MIB;
    }

    static long wholeMibDown(long pages) {
        return Math.floorDiv(pages, PAGES_PER_MIB) * PAGES_PER_MIB;
    }

    static String mib(long pages) {
        return pages / PAGES_PER_MIB + " MiB";
    }
}
