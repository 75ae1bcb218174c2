// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * One {@code XENMEM_populate_physmap}: so many extents of one size, side by side.
 *
 * @param firstGfn first guest frame; a multiple of the extent's pages
 * @param extents 1 or more
 * @param order log2 of pages per extent: 0, {@value #ORDER_2M} or {@value #ORDER_1G}
 */
public record PopulateCall(long firstGfn, int extents, int order) {
    public static final int ORDER_4K = 0;
    public static final int ORDER_2M = 9;
    public static final int ORDER_1G = 18;

    static final int SUPERPAGES_PER_CALL = 4;
    private static final int PAGES_PER_CALL = 2048;

    /** {@return pages of all extents} */
    public Pages pages() {
        return Pages.of((long) extents << order);
    }

    /** {@return first frame behind the call} */
    public long endGfn() {
        return firstGfn + pages().count();
    }

    /** {@return first gfn of each extent, as the hypercall wants them} */
    public long[] gfns() {
        long[] gfns = new long[extents];
        for (int i = 0; i < extents; i++) {
            gfns[i] = firstGfn + ((long) i << order);
        }
        return gfns;
    }

    /**
     * {@return what is left after {@code done} extents, as calls with the next smaller extents}
     *
     * @throws IllegalStateException if the extents are single pages already
     */
    public List<PopulateCall> remainder(int done) {
        if (order == ORDER_4K) {
            throw new IllegalStateException("there is nothing smaller than a page");
        }
        int smaller = order == ORDER_1G ? ORDER_2M : ORDER_4K;
        int perCall = order == ORDER_1G ? SUPERPAGES_PER_CALL : PAGES_PER_CALL;
        List<PopulateCall> calls = new ArrayList<>();
        long gfn = firstGfn + ((long) done << order);
        while (gfn < endGfn()) {
            int extents = (int) Math.min(perCall, (endGfn() - gfn) >> smaller);
            calls.add(new PopulateCall(gfn, extents, smaller));
            gfn += (long) extents << smaller;
        }
        return calls;
    }
}
