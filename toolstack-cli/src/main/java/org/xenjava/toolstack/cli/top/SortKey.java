// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.top;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/** The orders of {@code xlj top}. Equal domains stand by their numbers. */
enum SortKey {
    CPU(Comparator.comparingDouble(Usage::cpuPercent).reversed()),
    TIME(Comparator.<Usage, Duration>comparing(usage -> usage.domain().status().cpuTime())
            .reversed()),
    MEMORY(Comparator.<Usage>comparingLong(
                    usage -> usage.domain().status().totPages().count())
            .reversed()),
    DEBT(Comparator.<Usage>comparingLong(usage -> usage.domain().debtPages().orElse(0))
            .reversed()),
    NETWORK(Comparator.<Usage>comparingDouble(usage -> usage.sentKib() + usage.receivedKib())
            .reversed()),
    DISK(Comparator.<Usage>comparingDouble(usage -> usage.reads() + usage.writes())
            .reversed()),
    NAME(Comparator.comparing(usage -> usage.domain().status().name())),
    DOMID(Comparator.comparingInt(usage -> usage.domain().status().domid()));

    private final Comparator<Usage> order;

    SortKey(Comparator<Usage> order) {
        this.order = order;
    }

    List<Usage> sorted(List<Usage> domains) {
        return domains.stream()
                .sorted(order.thenComparingInt(usage -> usage.domain().status().domid()))
                .toList();
    }

    SortKey next() {
        return values()[(ordinal() + 1) % values().length];
    }
}
