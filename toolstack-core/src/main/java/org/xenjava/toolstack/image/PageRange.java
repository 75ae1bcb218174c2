// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import com.google.common.collect.DiscreteDomain;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A contiguous range of guest frames.
 *
 * @param firstGfn first guest frame
 * @param pages number of frames, 1 or more
 */
public record PageRange(long firstGfn, Pages pages) {

    /** The first frame behind the range. */
    public long endGfn() {
        return firstGfn + pages.count();
    }

    /** Guest-physical address of the first byte. */
    public long address() {
        return firstGfn << Pages.SHIFT;
    }

    /** All frames, in order. */
    public long[] gfns() {
        return LongStream.range(firstGfn, endGfn()).toArray();
    }

    /** The range in pieces of limited size, in order. */
    public List<PageRange> chunks(Pages atMost) {
        List<PageRange> chunks = new ArrayList<>();
        for (long gfn = firstGfn; gfn < endGfn(); gfn += atMost.count()) {
            chunks.add(new PageRange(gfn, atMost.min(Pages.of(endGfn() - gfn))));
        }
        return chunks;
    }

    /** The frames of {@code bytes} bytes, 1 or more, from {@code address} on. */
    static PageRange holding(long address, long bytes) {
        long first = address >> Pages.SHIFT;
        long last = (address + bytes - 1) >> Pages.SHIFT;
        return new PageRange(first, Pages.of(last - first + 1));
    }

    /** The range for Guava: closed below and open above, so that neighbours are united. */
    Range<Long> toRange() {
        return Range.closedOpen(firstGfn, endGfn());
    }

    static List<PageRange> listOf(RangeSet<Long> gfns) {
        return gfns.asRanges().stream()
                .map(range -> range.canonical(DiscreteDomain.longs()))
                .map(range ->
                        new PageRange(range.lowerEndpoint(), Pages.of(range.upperEndpoint() - range.lowerEndpoint())))
                .toList();
    }
}
