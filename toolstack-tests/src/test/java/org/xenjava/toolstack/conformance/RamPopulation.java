// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The extents that populate the RAM, in their order, however many of them a call asks for. {@code 0x0: 256 × order 9
 * PoD} are 256 extents, one behind the other from gfn 0 on.
 */
final class RamPopulation {
    private final List<Row> rows = new ArrayList<>();

    /** Equal extents, each beginning where the one before ended. */
    private record Row(long gfn, int extents, int order, boolean onDemand) {
        long end() {
            return gfn + ((long) extents << order);
        }

        boolean goesOnWith(Row next) {
            return next.gfn == end() && next.order == order && next.onDemand == onDemand;
        }

        Row and(Row next) {
            return new Row(gfn, extents + next.extents, order, onDemand);
        }

        @Override
        public String toString() {
            return "0x%x: %d × order %d%s".formatted(gfn, extents, order, onDemand ? " PoD" : "");
        }
    }

    /** @param extents the gfns, which must be one behind the other */
    void add(ByteBuffer extents, int order, boolean onDemand) {
        int count = extents.remaining() / Long.BYTES;
        long first = extents.getLong(0);
        for (int i = 0; i < count; i++) {
            if (extents.getLong(i * Long.BYTES) != first + ((long) i << order)) {
                throw new IllegalArgumentException("the extents from gfn " + first + " on have gaps");
            }
        }
        Row next = new Row(first, count, order, onDemand);
        int last = rows.size() - 1;
        if (last >= 0 && rows.get(last).goesOnWith(next)) {
            rows.set(last, rows.get(last).and(next));
        } else {
            rows.add(next);
        }
    }

    long pages() {
        return rows.stream().mapToLong(row -> row.end() - row.gfn()).sum();
    }

    @Override
    public String toString() {
        return rows.stream().map(Row::toString).collect(Collectors.joining("; "));
    }
}
