// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.micrometer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.HostStatus;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.device.view.DomainTraffic;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Meters of the host and of its domains, as of the latest {@link #update}. The meters of a domain are removed by the first
 * update that does not find it. {@code dashboards/xen-host.json} of this module is a Grafana dashboard of them.
 *
 * <table>
 * <caption>Meters of the host</caption>
 * <tr><td>{@code xen.host.cpus}<td>number of physical CPUs
 * <tr><td>{@code xen.host.domains}<td>number of domains, domain 0 included
 * <tr><td>{@code xen.host.memory}<td>bytes of memory
 * <tr><td>{@code xen.host.memory.free}<td>free bytes, including pages that Xen has yet to scrub
 * <tr><td>{@code xen.host.memory.claimed}<td>bytes that domains have claimed and not yet taken
 * </table>
 *
 * <table>
 * <caption>Meters of a domain, with the tags {@code domid}, {@code domain} (its name) and {@code uuid}</caption>
 * <tr><td>{@code xen.domain.cpu.time}<td>counter: seconds of CPU time of all vCPUs
 * <tr><td>{@code xen.domain.vcpus}<td>number of vCPUs that are online
 * <tr><td>{@code xen.domain.memory}<td>bytes that the domain owns
 * <tr><td>{@code xen.domain.pod.debt}<td>bytes of populate-on-demand entries less cache: above 0, load inside may crash
 *     the guest (XSA-153)
 * <tr><td>{@code xen.domain.network.sent}, {@code xen.domain.network.received}<td>counters: bytes, from the guest's view
 * <tr><td>{@code xen.domain.disk.reads}, {@code xen.domain.disk.writes}<td>counters: requests
 * <tr><td>{@code xen.domain.disk.read}, {@code xen.domain.disk.written}<td>counters: bytes
 * </table>
 *
 * <p>One thread may call {@link #update} while others read the meters.
 */
public final class HostMetrics implements AutoCloseable {
    private static final String BYTES = "bytes";
    private static final String REQUESTS = "requests";
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int SECTOR_BYTES = 512;

    private static final List<Description<HostReading>> HOST = List.of(
            Description.gauge("xen.host.cpus", "cpus", reading -> reading.host().cpus()),
            Description.gauge("xen.host.domains", "domains", HostReading::domains),
            Description.gauge(
                    "xen.host.memory", BYTES, reading -> bytes(reading.host().totalMemory())),
            Description.gauge(
                    "xen.host.memory.free",
                    BYTES,
                    reading -> bytes(reading.host().freeMemory())),
            Description.gauge(
                    "xen.host.memory.claimed",
                    BYTES,
                    reading -> bytes(reading.host().claimedMemory())));

    private static final List<Description<DomainReading>> DOMAIN = List.of(
            Description.counter(
                    "xen.domain.cpu.time",
                    "seconds",
                    reading -> reading.status().cpuTime().toNanos() / NANOS_PER_SECOND),
            Description.gauge(
                    "xen.domain.vcpus", "vcpus", reading -> reading.status().vcpus()),
            Description.gauge(
                    "xen.domain.memory",
                    BYTES,
                    reading -> bytes(reading.status().totPages())),
            Description.gauge(
                    "xen.domain.pod.debt",
                    BYTES,
                    reading -> bytes(Pages.of(Math.max(0, reading.debtPages().orElse(0))))),
            Description.counter("xen.domain.network.sent", BYTES, reading -> reading.traffic()
                    .sentBytes()),
            Description.counter("xen.domain.network.received", BYTES, reading -> reading.traffic()
                    .receivedBytes()),
            Description.counter("xen.domain.disk.reads", REQUESTS, reading -> reading.traffic()
                    .reads()),
            Description.counter("xen.domain.disk.writes", REQUESTS, reading -> reading.traffic()
                    .writes()),
            Description.counter(
                    "xen.domain.disk.read",
                    BYTES,
                    reading -> (double) reading.traffic().readSectors() * SECTOR_BYTES),
            Description.counter(
                    "xen.domain.disk.written",
                    BYTES,
                    reading -> (double) reading.traffic().writtenSectors() * SECTOR_BYTES));

    private final MeterRegistry registry;
    private final Toolstack toolstack;
    private final Map<UUID, Meters<DomainReading>> domains = new HashMap<>();
    private final Meters<HostReading> host;

    private record HostReading(HostStatus host, int domains) {}

    private record DomainReading(DomainStatus status, OptionalLong debtPages, DomainTraffic traffic) {}

    private enum Form {
        GAUGE,
        COUNTER
    }

    private record Description<T>(String name, String unit, Form form, ToDoubleFunction<T> value) {
        static <T> Description<T> gauge(String name, String unit, ToDoubleFunction<T> value) {
            return new Description<>(name, unit, Form.GAUGE, value);
        }

        static <T> Description<T> counter(String name, String unit, ToDoubleFunction<T> value) {
            return new Description<>(name, unit, Form.COUNTER, value);
        }
    }

    /** The latest reading of the host or of a domain, and the meters that return it. */
    private static final class Meters<T> {
        private final Tags tags;
        private final List<Meter> meters = new ArrayList<>();
        private volatile T reading;

        Meters(MeterRegistry registry, Tags tags, List<Description<T>> descriptions, T reading) {
            this.tags = tags;
            this.reading = reading;
            descriptions.forEach(description -> meters.add(register(registry, description)));
        }

        private Meter register(MeterRegistry registry, Description<T> description) {
            return description.form() == Form.GAUGE
                    ? Gauge.builder(description.name(), this, meters -> meters.value(description))
                            .tags(tags)
                            .baseUnit(description.unit())
                            .register(registry)
                    : FunctionCounter.builder(description.name(), this, meters -> meters.value(description))
                            .tags(tags)
                            .baseUnit(description.unit())
                            .register(registry);
        }

        private double value(Description<T> description) {
            return description.value().applyAsDouble(reading);
        }
    }

    /**
     * Reads the host for the first time and registers the meters.
     *
     * @param registry gets the meters
     * @param toolstack an open toolstack, which must stay open as long as updates are made
     */
    public HostMetrics(MeterRegistry registry, Toolstack toolstack) {
        this.registry = registry;
        this.toolstack = toolstack;
        host = new Meters<>(registry, Tags.empty(), HOST, new HostReading(toolstack.host(), 0));
        update();
    }

    /**
     * Reads the host and all domains. The counters of a domain's devices are read from domain 0's kernel and from the
     * domain's QEMU; a domain whose devices cannot be read keeps the last counters.
     *
     * @throws ToolstackException if Xen or xenstored cannot be asked
     */
    public void update() {
        Map<Integer, PodStatus> pods = new HashMap<>();
        toolstack.podStatuses(failure -> {}).forEach(pod -> pods.put(pod.domid(), pod));
        Map<UUID, Domain> alive = new HashMap<>();
        toolstack.domains().forEach(domain -> alive.put(domain.uuid(), domain));
        List<DomainStatus> statuses = toolstack.statuses();
        Set<UUID> seen = new HashSet<>();
        for (DomainStatus status : statuses) {
            seen.add(status.uuid());
            PodStatus pod = pods.get(status.domid());
            OptionalLong debt = pod == null ? OptionalLong.empty() : OptionalLong.of(pod.debtPages());
            take(new DomainReading(status, debt, traffic(alive.get(status.uuid()), status.uuid())));
        }
        List.copyOf(domains.keySet()).stream()
                .filter(uuid -> !seen.contains(uuid))
                .forEach(this::forget);
        host.reading = new HostReading(toolstack.host(), statuses.size());
    }

    private DomainTraffic traffic(@Nullable Domain domain, UUID uuid) {
        try {
            if (domain != null) {
                return domain.devices().traffic();
            }
        } catch (DomainGoneException e) {
            // The next update removes the domain.
        }
        Meters<DomainReading> known = domains.get(uuid);
        return known == null ? DomainTraffic.NONE : known.reading.traffic();
    }

    private void take(DomainReading reading) {
        DomainStatus status = reading.status();
        Tags tags = Tags.of(
                "domid",
                Integer.toString(status.domid()),
                "domain",
                status.name(),
                "uuid",
                status.uuid().toString());
        Meters<DomainReading> known = domains.get(status.uuid());
        if (known != null && known.tags.equals(tags)) {
            known.reading = reading;
        } else {
            forget(status.uuid());
            domains.put(status.uuid(), new Meters<>(registry, tags, DOMAIN, reading));
        }
    }

    private static double bytes(Pages pages) {
        return (double) pages.count() * Pages.BYTES;
    }

    private void forget(UUID uuid) {
        Meters<DomainReading> gone = domains.remove(uuid);
        if (gone != null) {
            gone.meters.forEach(registry::remove);
        }
    }

    /** Removes all meters of this object from the registry. */
    @Override
    public void close() {
        List.copyOf(domains.keySet()).forEach(this::forget);
        host.meters.forEach(registry::remove);
    }
}
