// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A contiguous range of guest RAM.
 *
 * @param start first byte, page-aligned
 * @param end first byte behind the range, page-aligned
 */
public record RamRange(long start, long end) {
    private static final long PAGES_1G = 1L << PopulateCall.ORDER_1G;
    private static final long PAGES_2M = 1L << PopulateCall.ORDER_2M;

    /** {@return the number of pages} */
    public Pages pages() {
        return Pages.of((end - start) >> Pages.SHIFT);
    }

    /**
     * {@return the calls that populate the range} 1 GiB extents where they fit, then 2 MiB ones, then single pages; the
     * extents are libxenguest's ({@code meminit_hvm}), so that Xen's p2m becomes the same, in fewer calls.
     */
    public List<PopulateCall> populateCalls() {
        List<PopulateCall> calls = new ArrayList<>();
        long gfn = start >> Pages.SHIFT;
        long endGfn = end >> Pages.SHIFT;
        while (gfn < endGfn) {
            PopulateCall call = next(gfn, endGfn);
            calls.add(call);
            gfn = call.endGfn();
        }
        return calls;
    }

    private static PopulateCall next(long gfn, long endGfn) {
        long left = endGfn - gfn;
        if (gfn % PAGES_1G == 0 && left >= PAGES_1G) {
            return new PopulateCall(gfn, 1, PopulateCall.ORDER_1G);
        }
        if (gfn % PAGES_2M == 0 && left >= PAGES_2M) {
            // A call stops at the next GiB, where a larger extent may be possible.
            long untilGiB = PAGES_1G - gfn % PAGES_1G;
            long superpages = Math.min(PopulateCall.SUPERPAGES_PER_CALL, Math.min(left, untilGiB) / PAGES_2M);
            return new PopulateCall(gfn, (int) superpages, PopulateCall.ORDER_2M);
        }
        long single = gfn % PAGES_2M == 0 ? left : Math.min(left, PAGES_2M - gfn % PAGES_2M);
        return new PopulateCall(gfn, (int) single, PopulateCall.ORDER_4K);
    }
}
