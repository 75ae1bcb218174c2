// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.xenjava.toolstack.balance.BalanceFinding;
import org.xenjava.toolstack.balance.GuestShare;
import org.xenjava.toolstack.balance.GuestSnapshot;
import org.xenjava.toolstack.balance.MemoryAnswer;
import org.xenjava.toolstack.balancer.BalanceEvent;
import org.xenjava.toolstack.balancer.BalanceListener;
import org.xenjava.toolstack.balancer.BalanceView;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Meters of a balancer's latest look, and counters of what it has done. The meters of a domain are removed when the balancer
 * no longer sees the domain, or stands by. {@code dashboards/xen-host.json} of this module shows them in Grafana.
 *
 * <table>
 * <caption>Meters of the balancer</caption>
 * <tr><td>{@code xen.balance.acting}<td>1 if the balancer acts, 0 if it stands by
 * <tr><td>{@code xen.balance.looks}<td>counter: looks at the host; while it stands still, the other meters are old
 * <tr><td>{@code xen.balance.requests}<td>requests for memory that wait or are granted
 * <tr><td>{@code xen.balance.stuck}<td>domains whose balloon driver does not give up what it was told to
 * <tr><td>{@code xen.balance.resized}<td>counter: bytes by which targets were changed
 * <tr><td>{@code xen.balance.answers}<td>counter: requests, with the tag {@code answer}: granted or refused
 * </table>
 *
 * <table>
 * <caption>Meters of a domain, in bytes, with the tags {@code domid} and {@code domain} (its name)</caption>
 * <tr><td>{@code xen.balance.target}<td>target of the balloon driver
 * <tr><td>{@code xen.balance.floor}, {@code xen.balance.ceiling}<td>bounds of the target
 * <tr><td>{@code xen.balance.demand}<td>memory that the domain needs; its target if it takes no part
 * <tr><td>{@code xen.balance.share}<td>what the rule gives it; its target if it takes no part
 * </table>
 */
public final class BalanceMetrics implements BalanceListener, AutoCloseable {
    private static final String BYTES = "bytes";
    private static final long BYTES_PER_KIB = 1024;

    private static final Map<String, ToDoubleFunction<Reading>> GAUGES = Map.of(
            "xen.balance.target", reading -> bytes(reading.guest().sizePages()),
            "xen.balance.floor", reading -> bytes(reading.guest().floorPages()),
            "xen.balance.ceiling", reading -> bytes(reading.guest().ceilingPages()),
            "xen.balance.demand", reading -> bytes(reading.share().demandPages()),
            "xen.balance.share", reading -> bytes(reading.share().sharePages()));

    private final MeterRegistry registry;
    private final DomainGauges<Reading> guests;
    private final List<Meter> own = new ArrayList<>();
    private final Counter looks;
    private final Counter resized;
    private final Counter granted;
    private final Counter refused;
    private volatile int acting;
    private volatile long requests;
    private volatile long stuck;

    private record Reading(GuestSnapshot guest, GuestShare share) {}

    /**
     * Creates a listener; give it to a balancer.
     *
     * @param registry gets the meters
     */
    public BalanceMetrics(MeterRegistry registry) {
        this.registry = registry;
        guests = new DomainGauges<>(registry, BYTES, GAUGES);
        own.add(Gauge.builder("xen.balance.acting", () -> acting).register(registry));
        own.add(Gauge.builder("xen.balance.requests", () -> requests).register(registry));
        own.add(Gauge.builder("xen.balance.stuck", () -> stuck).register(registry));
        looks = counter(Counter.builder("xen.balance.looks"));
        resized = counter(Counter.builder("xen.balance.resized").baseUnit(BYTES));
        granted = counter(Counter.builder("xen.balance.answers").tag("answer", "granted"));
        refused = counter(Counter.builder("xen.balance.answers").tag("answer", "refused"));
    }

    private Counter counter(Counter.Builder builder) {
        Counter counter = builder.register(registry);
        own.add(counter);
        return counter;
    }

    @Override
    public void happened(BalanceEvent event) {
        if (event instanceof BalanceEvent.Resized done) {
            resized.increment(Math.abs(bytes(done.to()) - bytes(done.from())));
        } else if (event instanceof BalanceEvent.Answered done) {
            (done.answer() instanceof MemoryAnswer.Granted ? granted : refused).increment();
        } else if (event instanceof BalanceEvent.RoleChanged change) {
            become(change.role());
        }
    }

    @Override
    public void ended() {
        become(BalanceEvent.Role.STANDING_BY);
    }

    private void become(BalanceEvent.Role role) {
        acting = role == BalanceEvent.Role.ACTING ? 1 : 0;
        if (acting == 0) {
            requests = 0;
            stuck = 0;
            guests.forgetAllBut(Set.of());
        }
    }

    @Override
    public void looked(BalanceView view) {
        looks.increment();
        requests = view.snapshot().requests().size();
        stuck = view.decision().findings().stream()
                .filter(finding -> finding.kind() == BalanceFinding.Kind.STUCK)
                .count();
        Map<Integer, GuestShare> shares = new HashMap<>();
        view.decision().shares().forEach(share -> shares.put(share.domid(), share));
        Set<Integer> seen = new HashSet<>();
        for (GuestSnapshot guest : view.snapshot().guests()) {
            seen.add(guest.domid());
            GuestShare none = new GuestShare(guest.domid(), guest.sizePages(), guest.sizePages());
            guests.take(guest.domid(), guest.name(), new Reading(guest, shares.getOrDefault(guest.domid(), none)));
        }
        guests.forgetAllBut(seen);
    }

    private static double bytes(long pages) {
        return (double) pages * Pages.BYTES;
    }

    private static double bytes(KiB size) {
        return (double) size.value() * BYTES_PER_KIB;
    }

    /** Removes all meters of this listener from the registry. The balancer may be closed before or after. */
    @Override
    public void close() {
        guests.close();
        own.forEach(registry::remove);
    }
}
