// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.xenjava.toolstack.memory.PopulateCall;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The number of a plan's populate calls of one size.
 *
 * @param order log2 of pages per extent
 * @param calls 1 or more
 * @param extents number of extents of all calls together
 */
record PopulateCount(int order, int calls, long extents) {

    /** The counts by order, the largest first, as the calls are issued. */
    static List<PopulateCount> of(Collection<PopulateCall> calls) {
        return calls.stream().collect(Collectors.groupingBy(PopulateCall::order)).entrySet().stream()
                .map(entry -> new PopulateCount(
                        entry.getKey(),
                        entry.getValue().size(),
                        entry.getValue().stream()
                                .mapToLong(PopulateCall::extents)
                                .sum()))
                .sorted(Comparator.comparingInt(PopulateCount::order).reversed())
                .toList();
    }

    Pages pages() {
        return Pages.of(extents << order);
    }

    String extentSize() {
        return switch (order) {
            case PopulateCall.ORDER_1G -> "1 GiB";
            case PopulateCall.ORDER_2M -> "2 MiB";
            default -> Pages.of(1L << order).toKiB().toString();
        };
    }
}
