// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.micrometer;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
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
    private static final Map<String, ToDoubleFunction<GuardStatus>> GAUGES = Map.of(
            "xen.pod.owned", status -> status.pod().totPages().count(),
            "xen.pod.cache", status -> status.pod().cache().count(),
            "xen.pod.entries", status -> status.pod().entries().count(),
            "xen.pod.debt", status -> status.pod().debtPages(),
            "xen.pod.covered", GuardStatus::coveredPages);

    private final MeterRegistry registry;
    private final DomainGauges<GuardStatus> guests;
    private final List<Meter> counts = new ArrayList<>();

    /**
     * Creates a listener without gauges; give it to a guard.
     *
     * @param registry gets the gauges
     */
    public PodMetrics(MeterRegistry registry) {
        this.registry = registry;
        guests = new DomainGauges<>(registry, "pages", GAUGES);
        for (GuardState state : GuardState.values()) {
            if (state != GuardState.GONE) {
                counts.add(Gauge.builder("xen.pod.domains", () -> count(state))
                        .tag("state", state.name().toLowerCase(Locale.ROOT))
                        .register(registry));
            }
        }
    }

    private long count(GuardState state) {
        return guests.readings().filter(status -> status.state() == state).count();
    }

    @Override
    public void looked(GuardStatus status) {
        guests.take(status.pod().domid(), status.pod().name(), status);
    }

    @Override
    public void changed(GuardEvent event) {
        if (event.to() == GuardState.GONE) {
            guests.forget(event.domid());
        }
    }

    /** Removes all gauges of this listener from the registry. The guard may be closed before or after. */
    @Override
    public void close() {
        guests.close();
        counts.forEach(registry::remove);
    }
}
