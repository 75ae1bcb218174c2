// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.search.Search;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.junit.TinyKernel;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.pod.GuardMode;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;

class PodMetricsTest {
    private static final GuardPolicy COVER = GuardPolicy.standard().withMode(GuardMode.COVER_AT_ONCE);

    private final BalloonDriver driver = BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(98);
    private final SimulatedXen xen = SimulatedXen.builder()
            .guests(identity -> SimulatedGuest.with(driver))
            .build();
    private final Toolstack toolstack =
            Toolstack.options().podPolicy(PodPolicy.libxl()).open(xen.host());
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final PodMetrics metrics = new PodMetrics(registry);
    private final PodGuard guard = toolstack.newGuard(COVER, GuardScope.ALL, metrics);

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
            guard.tick(xen.clock().instant());
            xen.advance(Duration.ofSeconds(1));
        }
    }

    private double value(String meter, String... tags) {
        return Search.in(registry)
                .name(meter)
                .tags(tags)
                .gauges()
                .iterator()
                .next()
                .value();
    }

    private List<String> namesOf(String domain) {
        return Search.in(registry).tag("domain", domain).meters().stream()
                .map(Meter::getId)
                .map(Meter.Id::getName)
                .sorted()
                .toList();
    }

    @Test
    void gaugesFollowTheDomain() {
        start("web");
        guard.tick(xen.clock().instant());
        assertEquals(16384, value("xen.pod.debt", "domain", "web"));
        assertEquals(1, value("xen.pod.domains", "state", "booting"));
        passTime(Duration.ofMinutes(10));
        assertEquals(0, value("xen.pod.debt", "domain", "web", "domid", "1"));
        assertEquals(98, value("xen.pod.covered", "domain", "web"));
        assertEquals(value("xen.pod.cache", "domain", "web"), value("xen.pod.entries", "domain", "web"));
        assertEquals(0, value("xen.pod.domains", "state", "booting"));
        assertEquals(1, value("xen.pod.domains", "state", "covered"));
    }

    @Test
    void aDomainsGaugesGoWithIt() {
        Domain web = start("web");
        start("db");
        passTime(Duration.ofMinutes(1));
        assertEquals(
                List.of("xen.pod.cache", "xen.pod.covered", "xen.pod.debt", "xen.pod.entries", "xen.pod.owned"),
                namesOf("web"));
        web.destroy();
        passTime(Duration.ofMinutes(1));
        assertEquals(List.of(), namesOf("web"));
        assertEquals(5, namesOf("db").size());
    }

    @Test
    void manyDomainsLeaveNoMeters() {
        int before = registry.getMeters().size();
        for (int i = 0; i < 20; i++) {
            Domain domain = start("guest-" + i);
            passTime(Duration.ofSeconds(35));
            domain.destroy();
        }
        passTime(Duration.ofMinutes(1));
        assertEquals(before, registry.getMeters().size());
    }

    @Test
    void aDomainThatIsRenamedHasItsGaugesOnce() {
        Domain domain = start("before");
        passTime(Duration.ofSeconds(5));
        xen.connect().store().write(0, "/local/domain/" + domain.domid() + "/name", "after".getBytes());
        passTime(Duration.ofMinutes(10));
        assertEquals(List.of(), namesOf("before"));
        assertEquals(5, namesOf("after").size());
    }

    @Test
    void closingRemovesAllMeters() {
        start("web");
        passTime(Duration.ofSeconds(5));
        metrics.close();
        assertEquals(List.of(), registry.getMeters());
        passTime(Duration.ofSeconds(40));
        assertEquals(List.of(), registry.getMeters(), "the guard still runs");
    }
}
