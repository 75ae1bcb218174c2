// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** A guest's life on every Xen release that the simulation can be. */
class EveryReleaseTest {
    static Collection<XenRelease> releases() {
        return XenAbi.supportedReleases();
    }

    private static TestHost hostOf(XenRelease release) {
        return TestHost.of(SimulatedXen.builder().release(release.major(), release.minor()));
    }

    @Test
    void theReleasesFrom414To422AreSupported() {
        assertEquals(
                List.of("4.14", "4.15", "4.16", "4.17", "4.18", "4.19", "4.20", "4.21", "4.22"),
                releases().stream().map(XenRelease::toString).toList());
    }

    @ParameterizedTest
    @MethodSource("releases")
    void aPodGuestIsBuiltWithTheSameCounters(XenRelease release) {
        try (TestHost host = hostOf(release)) {
            MachineState before = host.state();
            Domain domain =
                    host.toolstack.create(TestHost.guest("lab", 256, 512).build());
            PodCounters counters = host.xenctrl.memory().podTarget(domain.domid());
            assertEquals(65801, counters.totPages());
            assertEquals(65280, counters.debt());
            assertEquals(Pages.of(66048), domain.memory().status().maxPages());

            domain.unpause();
            host.xen.advance(Duration.ofMinutes(1));
            assertEquals(0, host.xenctrl.memory().podTarget(domain.domid()).debt());
            domain.memory().set(KiB.ofMiB(320));
            host.xen.advance(Duration.ofMinutes(1));
            assertEquals(KiB.ofMiB(320), domain.memory().status().target());
            domain.destroy();
            host.assertUnchangedSince(before, "after the destroy");
        }
    }

    @Test
    void aReleaseOlderThan414IsNotSimulated() {
        assertThrows(IllegalArgumentException.class, () -> hostOf(new XenRelease(4, 13)));
    }
}
