// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.sim.guest;

/**
 * Consecutive guest frames.
 *
 * @param first first gfn
 * @param end the gfn behind the last
 */
public record PageRange(long first, long end) {
    public PageRange {
        if (first < 0 || end < first) {
            throw new IllegalArgumentException("no range: " + first + " … " + end);
        }
    }

    /** Number of pages. */
    public long pages() {
        return end - first;
    }
}
