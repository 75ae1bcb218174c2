// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.search.Search;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.junit.TinyKernel;
import org.xenjava.toolstack.sim.SimulatedXen;

class HostMetricsTest {
    private static final double MIB = 1 << 20;
    private static final double EXACT = 0;

    private final SimulatedXen xen = SimulatedXen.builder().cpus(4).build();
    private final Toolstack toolstack = Toolstack.options().open(xen.host());
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final HostMetrics metrics = new HostMetrics(registry, toolstack);

    @AfterEach
    void close() {
        metrics.close();
        toolstack.close();
    }

    private Domain start(String name) {
        Domain domain = toolstack.create(DomainConfig.builder(name)
                .kernel(TinyKernel.file())
                .memoryMib(64)
                .maxVcpus(2)
                .build());
        domain.unpause();
        xen.advance(Duration.ofSeconds(1));
        return domain;
    }

    private double gauge(String meter, String... tags) {
        return Search.in(registry)
                .name(meter)
                .tags(tags)
                .gauges()
                .iterator()
                .next()
                .value();
    }

    private Set<String> names() {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .map(Meter.Id::getName)
                .collect(Collectors.toSet());
    }

    @Test
    void theHostHasItsSizes() {
        assertEquals(4, gauge("xen.host.cpus"), EXACT);
        assertEquals(1, gauge("xen.host.domains"), EXACT);
        assertEquals(toolstack.host().totalMemory().toKiB().value() * 1024.0, gauge("xen.host.memory"), EXACT);
        double before = gauge("xen.host.memory.free");
        start("web");
        assertEquals(before, gauge("xen.host.memory.free"), EXACT);
        metrics.update();
        assertTrue(gauge("xen.host.memory.free") <= before - 64 * MIB);
        assertEquals(2, gauge("xen.host.domains"), EXACT);
    }

    @Test
    void aDomainHasMetersAsLongAsItExists() {
        Domain web = start("web");
        metrics.update();
        double owned = web.status().totPages().toKiB().value() * 1024.0;
        assertEquals(owned, gauge("xen.domain.memory", "domain", "web"), EXACT);
        assertEquals(2, gauge("xen.domain.vcpus", "domain", "web"), EXACT);
        assertEquals(0, gauge("xen.domain.pod.debt", "domain", "web"), EXACT);
        web.destroy();
        metrics.update();
        assertTrue(Search.in(registry).tag("domain", "web").meters().isEmpty());
        assertFalse(Search.in(registry).tag("domain", "Domain-0").meters().isEmpty());
    }

    @Test
    void aDomainThatIsRenamedHasMetersUnderItsNewNameOnly() {
        Domain web = start("web");
        metrics.update();
        web.rename("shop");
        metrics.update();
        assertTrue(Search.in(registry).tag("domain", "web").meters().isEmpty());
        assertEquals(2, gauge("xen.domain.vcpus", "domain", "shop"), EXACT);
    }

    @Test
    void theEndRemovesAllMeters() {
        metrics.close();
        assertEquals(Set.of(), names());
    }

    /** The names that Prometheus shows: Micrometer adds the unit, and the ending of counters. */
    private Set<String> prometheusNames() {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .map(id -> {
                    String base = id.getName().replace('.', '_');
                    String unit = String.valueOf(id.getBaseUnit()).toLowerCase(Locale.ROOT);
                    String named = base.endsWith("_" + unit) ? base : base + "_" + unit;
                    return id.getType() == Meter.Type.COUNTER ? named + "_total" : named;
                })
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void theDashboardShowsEveryMeterAndNoOther() throws IOException {
        String dashboard = Files.readString(Path.of("dashboards", "xen-host.json"));
        Set<String> shown = Pattern.compile("\\bxen_(?:host|domain)_[a-z_]+")
                .matcher(dashboard)
                .results()
                .map(match -> match.group())
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(prometheusNames(), shown);
    }
}
