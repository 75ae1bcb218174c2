// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/** A set of numbers kept as disjoint ranges; every range is given as first (in) and end (out). */
final class RangeSet {
    private final TreeMap<Long, Long> ends = new TreeMap<>();

    void add(long first, long end) {
        long from = first;
        long to = end;
        Map.Entry<Long, Long> left = ends.floorEntry(first);
        if (left != null && left.getValue() >= first) {
            from = left.getKey();
            to = Math.max(to, left.getValue());
        }
        for (Map.Entry<Long, Long> next = ends.higherEntry(from);
                next != null && next.getKey() <= to;
                next = ends.higherEntry(from)) {
            to = Math.max(to, next.getValue());
            ends.remove(next.getKey());
        }
        ends.put(from, to);
    }

    void remove(long first, long end) {
        Map.Entry<Long, Long> left = ends.lowerEntry(first);
        if (left != null && left.getValue() > first) {
            ends.put(left.getKey(), first);
            if (left.getValue() > end) {
                ends.put(end, left.getValue());
                return;
            }
        }
        for (Map.Entry<Long, Long> next = ends.ceilingEntry(first);
                next != null && next.getKey() < end;
                next = ends.ceilingEntry(first)) {
            ends.remove(next.getKey());
            if (next.getValue() > end) {
                ends.put(end, next.getValue());
            }
        }
    }

    boolean contains(long value) {
        return intersects(value, value + 1);
    }

    boolean intersects(long first, long end) {
        Map.Entry<Long, Long> left = ends.lowerEntry(end);
        return left != null && left.getValue() > first;
    }

    /** The greatest number of the range that is not in this set. */
    OptionalLong highestAbsent(long first, long end) {
        Map.Entry<Long, Long> left = ends.lowerEntry(end);
        long candidate = left != null && left.getValue() >= end ? left.getKey() - 1 : end - 1;
        return candidate >= first ? OptionalLong.of(candidate) : OptionalLong.empty();
    }

    void clear() {
        ends.clear();
    }

    boolean isEmpty() {
        return ends.isEmpty();
    }

    /** The ranges, first to end, ascending. */
    NavigableMap<Long, Long> ranges() {
        return ends;
    }
}
