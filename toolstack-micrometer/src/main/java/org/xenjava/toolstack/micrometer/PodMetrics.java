// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.micrometer;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import org.xenjava.toolstack.pod.GuardEvent;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardState;
import org.xenjava.toolstack.pod.GuardStatus;

/**
 * Gauges of a guard's latest reading of each domain. The gauges of a domain are removed when the guard no longer sees
 * the domain.
 *
 * <table>
 * <caption>Meters, in pages of 4 KiB, with the tags {@code domid} and {@code domain} (its name)</caption>
 * <tr><td>{@code xen.pod.owned}<td>pages that the domain owns
 * <tr><td>{@code xen.pod.cache}<td>pages that wait for entries
 * <tr><td>{@code xen.pod.entries}<td>guest frames that wait for a page
 * <tr><td>{@code xen.pod.debt}<td>entries less cache: above 0, load inside may crash the guest (XSA-153)
 * <tr><td>{@code xen.pod.covered}<td>pages that the host has lent to the domain
 * </table>
 *
 * <p>The gauge {@code xen.pod.domains}, with the tag {@code state}, is the number of domains in each state.
 */
public final class PodMetrics implements GuardListener, AutoCloseable {
    private static final Map<String, ToLongFunction<GuardStatus>> GAUGES = Map.of(
            "xen.pod.owned", status -> status.pod().totPages().count(),
            "xen.pod.cache", status -> status.pod().cache().count(),
            "xen.pod.entries", status -> status.pod().entries().count(),
            "xen.pod.debt", status -> status.pod().debtPages(),
            "xen.pod.covered", GuardStatus::coveredPages);

    private final MeterRegistry registry;
    private final Map<Integer, Guest> guests = new ConcurrentHashMap<>();
    private final List<Meter> counts = new ArrayList<>();

    /** The latest reading of a domain, which its gauges return. */
    private static final class Guest {
        private final String name;
        private final List<Meter> meters = new ArrayList<>();
        private volatile GuardStatus status;

        Guest(GuardStatus status) {
            this.name = status.pod().name();
            this.status = status;
        }
    }

    /**
     * Creates a listener without gauges; give it to a guard.
     *
     * @param registry gets the gauges
     */
    public PodMetrics(MeterRegistry registry) {
        this.registry = registry;
        for (GuardState state : GuardState.values()) {
            if (state != GuardState.GONE) {
                counts.add(Gauge.builder("xen.pod.domains", () -> count(state))
                        .tag("state", state.name().toLowerCase(Locale.ROOT))
                        .register(registry));
            }
        }
    }

    private long count(GuardState state) {
        return guests.values().stream()
                .filter(guest -> guest.status.state() == state)
                .count();
    }

    @Override
    public void looked(GuardStatus status) {
        int domid = status.pod().domid();
        Guest known = guests.get(domid);
        if (known != null && known.name.equals(status.pod().name())) {
            known.status = status;
            return;
        }
        forget(domid);
        Guest guest = new Guest(status);
        guests.put(domid, guest);
        Tags tags = Tags.of("domid", Integer.toString(domid), "domain", guest.name);
        GAUGES.forEach((name, value) -> guest.meters.add(Gauge.builder(name, () -> value.applyAsLong(guest.status))
                .tags(tags)
                .baseUnit("pages")
                .register(registry)));
    }

    @Override
    public void changed(GuardEvent event) {
        if (event.to() == GuardState.GONE) {
            forget(event.domid());
        }
    }

    private void forget(int domid) {
        Guest gone = guests.remove(domid);
        if (gone != null) {
            gone.meters.forEach(registry::remove);
        }
    }

    /** Removes all gauges of this listener from the registry. The guard may be closed before or after. */
    @Override
    public void close() {
        List.copyOf(guests.keySet()).forEach(this::forget);
        counts.forEach(registry::remove);
    }
}
