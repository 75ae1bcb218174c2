// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/**
 * Consecutive guest frames.
 *
 * @param first first gfn
 * @param end the gfn behind the last
 */
public record GfnRange(long first, long end) {
    public GfnRange {
        if (first < 0 || end < first) {
            throw new IllegalArgumentException("no range: " + first + " … " + end);
        }
    }

    /** Number of pages. */
    public long pages() {
        return end - first;
    }
}
