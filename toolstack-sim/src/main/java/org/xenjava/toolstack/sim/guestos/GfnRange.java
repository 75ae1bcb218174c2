// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

/**
 * Consecutive guest frames.
 *
 * @param first first gfn
 * @param end the gfn after the last
 */
record GfnRange(long first, long end) {
    GfnRange {
        if (first < 0 || end < first) {
            throw new IllegalArgumentException("no range: " + first + " … " + end);
        }
    }

    /** The number of pages. */
    long pages() {
        return end - first;
    }
}
