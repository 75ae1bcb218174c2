// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import com.google.common.collect.ContiguousSet;
import com.google.common.collect.DiscreteDomain;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.Collection;
import java.util.stream.Collectors;

/** Consecutive guest frames, written as {@code 0x1000+3}. */
record FrameRun(long first, long count) {

    /** From {@code 0x1000+3}, or {@code 0x1000} for one. */
    static FrameRun parse(String text) {
        String[] parts = text.split("\\+");
        return new FrameRun(Long.decode(parts[0]), parts.length == 1 ? 1 : Long.parseLong(parts[1]));
    }

    private static FrameRun of(Range<Long> range) {
        ContiguousSet<Long> frames = ContiguousSet.create(range, DiscreteDomain.longs());
        return new FrameRun(frames.first(), frames.size());
    }

    /** All of them by address, neighbours in one. */
    static String merged(Collection<FrameRun> runs) {
        RangeSet<Long> set = TreeRangeSet.create();
        runs.forEach(run -> set.add(Range.closedOpen(run.first, run.first + run.count)));
        return set.asRanges().stream().map(range -> of(range).toString()).collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return "0x" + Long.toHexString(first) + "+" + count;
    }
}
