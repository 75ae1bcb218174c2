// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/** The zeroed pages that wait for populate-on-demand: a queue of 2 MiB pages and one of 4 KiB pages. */
final class PodCache {
    static final int SUPERPAGE = 1 << GfnMap.ORDER_2M;

    private final Deque<HostMemory.Frames> supers = new ArrayDeque<>();
    private final Deque<HostMemory.Frames> singles = new ArrayDeque<>();
    private long pages;

    long pages() {
        return pages;
    }

    /** Appends pages: superpages if there are 512 or more, single ones otherwise. */
    void add(long mfn, long count) {
        Deque<HostMemory.Frames> queue = count >= SUPERPAGE ? supers : singles;
        HostMemory.Frames last = queue.peekLast();
        if (last != null && last.first() + last.count() == mfn) {
            queue.removeLast();
            queue.addLast(new HostMemory.Frames(last.first(), last.count() + count));
        } else {
            queue.addLast(new HostMemory.Frames(mfn, count));
        }
        pages += count;
    }

    boolean hasSuperpage() {
        return !supers.isEmpty();
    }

    /** Takes the oldest superpage, if there is one. */
    OptionalLong takeSuperpage() {
        if (supers.isEmpty()) {
            return OptionalLong.empty();
        }
        pages -= SUPERPAGE;
        return OptionalLong.of(head(supers, SUPERPAGE));
    }

    /** Takes the oldest single page, and splits a superpage if there is none. The cache must not be empty. */
    long takeSingle() {
        if (singles.isEmpty()) {
            singles.addLast(new HostMemory.Frames(head(supers, SUPERPAGE), SUPERPAGE));
        }
        pages--;
        return head(singles, 1);
    }

    private static long head(Deque<HostMemory.Frames> queue, long count) {
        HostMemory.Frames first = queue.removeFirst();
        if (first.count() > count) {
            queue.addFirst(new HostMemory.Frames(first.first() + count, first.count() - count));
        }
        return first.first();
    }
}
