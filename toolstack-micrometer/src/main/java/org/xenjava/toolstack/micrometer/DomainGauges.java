// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.micrometer;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Gauges of the latest reading of each domain, with the tags {@code domid} and {@code domain} (its name). Readings may
 * arrive during and after the close. Safe to use from many threads.
 *
 * @param <R> type of a reading
 */
final class DomainGauges<R> implements AutoCloseable {
    private final MeterRegistry registry;
    private final String unit;
    private final Map<String, ToDoubleFunction<R>> values;
    private final Map<Integer, Guest<R>> guests = new ConcurrentHashMap<>();
    private boolean closed;

    /** The latest reading of a domain, which its gauges return. */
    private static final class Guest<R> {
        private final String name;
        private final List<Meter> meters = new ArrayList<>();
        private volatile R reading;

        Guest(String name, R reading) {
            this.name = name;
            this.reading = reading;
        }
    }

    /**
     * @param unit base unit of all gauges
     * @param values names of the gauges, and their values in a reading
     */
    DomainGauges(MeterRegistry registry, String unit, Map<String, ToDoubleFunction<R>> values) {
        this.registry = registry;
        this.unit = unit;
        this.values = values;
    }

    /** Replaces the reading of a domain. A domain that is new, or has a new name, gets gauges. */
    synchronized void take(int domid, String name, R reading) {
        if (closed) {
            return;
        }
        Guest<R> known = guests.get(domid);
        if (known != null && known.name.equals(name)) {
            known.reading = reading;
            return;
        }
        forget(domid);
        Guest<R> guest = new Guest<>(name, reading);
        guests.put(domid, guest);
        Tags tags = Tags.of("domid", Integer.toString(domid), "domain", name);
        values.forEach((gauge, value) -> guest.meters.add(Gauge.builder(gauge, () -> value.applyAsDouble(guest.reading))
                .tags(tags)
                .baseUnit(unit)
                .register(registry)));
    }

    /** The latest readings of all domains. */
    Stream<R> readings() {
        return guests.values().stream().map(guest -> guest.reading);
    }

    /** Removes the gauges of a domain. */
    synchronized void forget(int domid) {
        Guest<R> gone = guests.remove(domid);
        if (gone != null) {
            gone.meters.forEach(registry::remove);
        }
    }

    /** Removes the gauges of all domains but some. */
    synchronized void forgetAllBut(Set<Integer> domids) {
        List.copyOf(guests.keySet()).stream()
                .filter(domid -> !domids.contains(domid))
                .forEach(this::forget);
    }

    /** Removes all gauges; later readings are ignored. */
    @Override
    public synchronized void close() {
        closed = true;
        forgetAllBut(Set.of());
    }
}
