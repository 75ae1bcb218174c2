// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.Arrays;

/** The ring of the last 32 entries populated on demand, in which eager reclaim looks for zero pages. */
final class RecentPopulates {
    static final int SLOTS = 32;

    private static final Entry EMPTY = new Entry(-1, 0);

    private final Entry[] slots = new Entry[SLOTS];
    private int next;

    /** A populated entry: its first gfn, and log2 of its pages. */
    record Entry(long gfn, int order) {
        boolean isEmpty() {
            return gfn < 0;
        }
    }

    RecentPopulates() {
        Arrays.fill(slots, EMPTY);
    }

    void record(long gfn, int order) {
        slots[next] = new Entry(gfn, order);
        next = (next + 1) % SLOTS;
    }

    /** Empties a slot; 0 is the oldest, which the next record overwrites. */
    Entry take(int age) {
        int index = (next + age) % SLOTS;
        Entry entry = slots[index];
        slots[index] = EMPTY;
        return entry;
    }
}
