// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.pod.PodVerdict;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The project's one job: what this library builds balloons, and does not die of PoD. */
class GuestLifeTest {
    private static final Duration LONG_ENOUGH = Duration.ofMinutes(10);

    /** A machine whose guests' balloon drivers stop that many pages short of their target. */
    private static TestHost hostWithDriversThatStopShortBy(long pages) {
        BalloonDriver driver = BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(pages);
        return TestHost.of(SimulatedXen.builder().guests(identity -> SimulatedGuest.with(driver)));
    }

    private static Domain settled(TestHost host, Toolstack toolstack) {
        Domain domain = toolstack.create(TestHost.guest("loaded", 64, 128).build());
        domain.unpause();
        host.xen.advance(LONG_ENOUGH);
        return domain;
    }

    private static void load(TestHost host, Domain domain) {
        host.xen.guest(domain.domid()).orElseThrow().load();
    }

    @ParameterizedTest(name = "{0} pages short")
    @ValueSource(longs = {0, 1, 8, 255, 256})
    void aGuestWhoseDriverStopsShortByNoMoreThanTheSlackLivesUnderFullLoad(long missing) {
        try (TestHost host = hostWithDriversThatStopShortBy(missing)) {
            Domain domain = settled(host, host.toolstack);
            assertEquals(PodVerdict.NOT_VULNERABLE, domain.pod().status().verdict());
            load(host, domain);
            assertTrue(domain.status().shutdownReason().isEmpty(), host.xen.console());
        }
    }

    @Test
    void aGuestWhoseDriverStopsFurtherShortIsReportedAndCrashes() {
        try (TestHost host = hostWithDriversThatStopShortBy(257)) {
            Domain domain = settled(host, host.toolstack);
            assertEquals(PodVerdict.VULNERABLE, domain.pod().status().verdict());
            load(host, domain);
            assertEquals(ShutdownReason.CRASH, domain.status().shutdownReason().orElseThrow());
            assertTrue(host.xen.console().contains("out of PoD memory"), host.xen.console());
        }
    }

    @Test
    void aGuestWithoutSlackCrashesForOneMissingPage() {
        try (TestHost host = hostWithDriversThatStopShortBy(1);
                Toolstack noSlack =
                        TestHost.options().podPolicy(PodPolicy.libxl()).open(host.xen.host())) {
            Domain domain = settled(host, noSlack);
            load(host, domain);
            assertEquals(ShutdownReason.CRASH, domain.status().shutdownReason().orElseThrow());
        }
    }

    @Test
    void theHostGetsTheSlackBackWhenTheBalloonHasPassedItsTarget() {
        try (TestHost host = hostWithDriversThatStopShortBy(0)) {
            Domain domain =
                    host.toolstack.create(TestHost.guest("slack", 64, 128).build());
            Pages built = domain.memory().status().totPages();
            domain.unpause();
            host.xen.advance(LONG_ENOUGH);
            assertEquals(
                    built.count() - 256, domain.memory().status().totPages().count());
        }
    }
}
