// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

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

    /** Pages of all extents. */
    public Pages pages() {
        return Pages.of((long) extents << order);
    }

    /** First frame behind the call. */
    public long endGfn() {
        return firstGfn + pages().count();
    }

    /** First gfn of each extent, as the hypercall wants them. */
    public long[] gfns() {
        long[] gfns = new long[extents];
        for (int i = 0; i < extents; i++) {
            gfns[i] = firstGfn + ((long) i << order);
        }
        return gfns;
    }
}
