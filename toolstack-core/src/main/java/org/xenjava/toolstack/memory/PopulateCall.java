// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.List;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * One {@code XENMEM_populate_physmap} of neighbouring extents of one size.
 *
 * @param firstGfn first guest frame; a multiple of the extent's pages
 * @param extents 1 or more
 * @param order log2 of pages per extent: 0, {@value #ORDER_2M} or {@value #ORDER_1G}
 */
public record PopulateCall(long firstGfn, int extents, int order) {
    /** log2 of the pages of a 4 KiB extent. */
    public static final int ORDER_4K = 0;
    /** log2 of the pages of a 2 MiB extent. */
    public static final int ORDER_2M = 9;
    /** log2 of the pages of a 1 GiB extent. */
    public static final int ORDER_1G = 18;

    /** Their list of gfns fills a page. */
    static final int SUPERPAGES_PER_CALL = 512;

    private static final int PAGES_PER_CALL = 2048;

    /** {@return the number of pages in all extents} */
    public Pages pages() {
        return Pages.of((long) extents << order);
    }

    /** {@return the first frame behind the extents} */
    public long endGfn() {
        return firstGfn + pages().count();
    }

    /** {@return the first gfn of each extent, in the form of the hypercall} */
    public long[] gfns() {
        long[] gfns = new long[extents];
        for (int i = 0; i < extents; i++) {
            gfns[i] = firstGfn + ((long) i << order);
        }
        return gfns;
    }

    /**
     * {@return the remaining extents after some were populated: up to 2048 pages, or a GiB, as a call with the next
     * smaller extents, then the others as a call with extents of this size, of which a host may still have some}
     *
     * @param done number of extents that were populated
     * @throws IllegalStateException if the extents are single pages already
     */
    public List<PopulateCall> remainder(int done) {
        if (order == ORDER_4K) {
            throw new IllegalStateException("extents of one page cannot be split");
        }
        int smaller = order == ORDER_1G ? ORDER_2M : ORDER_4K;
        int perCall = order == ORDER_1G ? SUPERPAGES_PER_CALL : PAGES_PER_CALL;
        int split = Math.min(extents - done, perCall >> (order - smaller));
        PopulateCall inSmaller =
                new PopulateCall(firstGfn + ((long) done << order), split << (order - smaller), smaller);
        int rest = extents - done - split;
        return rest == 0 ? List.of(inSmaller) : List.of(inSmaller, new PopulateCall(inSmaller.endGfn(), rest, order));
    }
}
