// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.search.Search;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.balance.BalancePolicy;
import org.xenjava.toolstack.balancer.BalanceSettings;
import org.xenjava.toolstack.balancer.MemoryBalancer;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.junit.TinyKernel;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.units.KiB;

class BalanceMetricsTest {
    private static final double MIB = 1 << 20;

    private final SimulatedXen xen = SimulatedXen.create();
    private final Toolstack toolstack = Toolstack.options().open(xen.host());
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final BalanceMetrics metrics = new BalanceMetrics(registry);
    private final MemoryBalancer balancer =
            toolstack.newBalancer(new BalanceSettings(BalancePolicy.standard(), GuardScope.ALL), metrics);

    @AfterEach
    void close() {
        toolstack.close();
    }

    private Domain start(String name) {
        Domain domain = toolstack.create(DomainConfig.builder(name)
                .kernel(TinyKernel.file())
                .memoryMib(64)
                .maxMemoryMib(128)
                .build());
        domain.unpause();
        return domain;
    }

    private void passTime(Duration duration) {
        for (long seconds = 0; seconds < duration.toSeconds(); seconds++) {
            balancer.tick(xen.clock().instant());
            xen.advance(Duration.ofSeconds(1));
        }
    }

    private double value(String meter, String... tags) {
        return Search.in(registry)
                .name(meter)
                .tags(tags)
                .meters()
                .iterator()
                .next()
                .measure()
                .iterator()
                .next()
                .getValue();
    }

    private List<String> namesOf(String domain) {
        return Search.in(registry).tag("domain", domain).meters().stream()
                .map(Meter::getId)
                .map(Meter.Id::getName)
                .sorted()
                .toList();
    }

    @Test
    void metersFollowADomainAsLongAsItExists() {
        Domain web = start("web");
        assertEquals(0, value("xen.balance.acting"));
        passTime(Duration.ofMinutes(1));
        assertEquals(1, value("xen.balance.acting"));
        assertEquals(128 * MIB, value("xen.balance.target", "domain", "web", "domid", "1"));
        assertEquals(128 * MIB, value("xen.balance.ceiling", "domain", "web"));
        assertEquals(128 * MIB, value("xen.balance.share", "domain", "web"));
        assertEquals(64 * MIB, value("xen.balance.demand", "domain", "web"), "the size that the user has set");
        assertTrue(value("xen.balance.resized") >= 64 * MIB);
        assertEquals(
                List.of(
                        "xen.balance.ceiling",
                        "xen.balance.demand",
                        "xen.balance.floor",
                        "xen.balance.share",
                        "xen.balance.target"),
                namesOf("web"));
        assertEquals(60, value("xen.balance.looks"));
        web.destroy();
        passTime(Duration.ofSeconds(2));
        assertEquals(List.of(), namesOf("web"));
    }

    @Test
    void answersToRequestsAreCounted() {
        passTime(Duration.ofSeconds(1));
        toolstack
                .reserveMemory(UUID.randomUUID(), KiB.ofMiB(1), Duration.ofMinutes(1))
                .orElseThrow();
        toolstack
                .reserveMemory(UUID.randomUUID(), KiB.ofMiB(1 << 20), Duration.ofMinutes(1))
                .orElseThrow();
        passTime(Duration.ofSeconds(2));
        assertEquals(1, value("xen.balance.answers", "answer", "granted"));
        assertEquals(1, value("xen.balance.answers", "answer", "refused"));
        assertEquals(1, value("xen.balance.requests"), "the granted one");
    }

    @Test
    void aBalancerThatIsClosedDoesNotAct() {
        start("web");
        passTime(Duration.ofSeconds(2));
        balancer.close();
        assertEquals(0, value("xen.balance.acting"));
        assertEquals(List.of(), namesOf("web"));
    }

    @Test
    void closingRemovesAllMeters() {
        start("web");
        passTime(Duration.ofSeconds(5));
        metrics.close();
        assertEquals(List.of(), registry.getMeters());
        passTime(Duration.ofSeconds(40));
        assertEquals(List.of(), registry.getMeters(), "the balancer still runs");
    }

    @Test
    void theDashboardShowsEveryMeterAndNoOther() throws IOException {
        start("web");
        passTime(Duration.ofSeconds(1));
        Set<String> expected = registry.getMeters().stream()
                .map(Meter::getId)
                .map(id -> id.getName().replace('.', '_')
                        + (id.getBaseUnit() == null ? "" : "_" + id.getBaseUnit())
                        + (id.getType() == Meter.Type.COUNTER ? "_total" : ""))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> shown = Pattern.compile("\\bxen_balance_[a-z_]+")
                .matcher(Files.readString(Path.of("dashboards", "xen-host.json")))
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(expected, shown);
    }
}
