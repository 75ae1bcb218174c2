// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** mem-max. */
class SetMaxMemoryTest {
    private final TestHost host = TestHost.create();
    private Domain domain;

    @BeforeEach
    void build() {
        domain = host.toolstack.create(TestHost.guest("growing", 64, 128).build());
    }

    @AfterEach
    void close() {
        host.close();
    }

    @ParameterizedTest(name = "{0} MiB")
    @ValueSource(longs = {64, 100, 600})
    void memMaxSetsMaxMemAndTheNextMaximumButLeavesWhatTheDriverComputesWith(long mib) {
        Map<String, String> before = host.state().xenstore();

        domain.memory().setMaximum(KiB.ofMiB(mib));

        assertEquals(
                Pages.of((mib + 1) * 256).count(),
                domain.memory().status().maxPages().count(),
                mib == 64 ? 256 : 0,
                "a guest that has not ballooned owns its slack");
        assertEquals(KiB.ofMiB(mib), domain.memory().status().nextMaximum());
        Map<String, String> after = new TreeMap<>(host.state().xenstore());
        after.remove(new DomainPaths(domain.domid()).nextMaximumKib());
        assertEquals(before, after);
        assertEquals(KiB.ofMiB(mib), domain.config().orElseThrow().maxMemory());
    }

    @Test
    void aSizeAboveALowerMaximumOrAboveStaticMaxIsRefused() {
        domain.memory().setMaximum(KiB.ofMiB(100));
        domain.memory().set(KiB.ofMiB(100));
        assertThrows(ConfigException.class, () -> domain.memory().set(KiB.ofMiB(101)));
        domain.memory().setMaximum(KiB.ofMiB(600));
        domain.memory().set(KiB.ofMiB(128));
        ConfigException e =
                assertThrows(ConfigException.class, () -> domain.memory().set(KiB.ofMiB(129)));
        assertTrue(e.getMessage().contains("static-max of 131072 KiB"), e.getMessage());
    }

    @Test
    void aPodGuestKeepsItsPagesAndItsDebt() {
        PodCounters before = host.xenctrl.memory().podTarget(domain.domid());
        domain.memory().setMaximum(KiB.ofMiB(64));
        assertEquals(before, host.xenctrl.memory().podTarget(domain.domid()));
        // It owns its slack until it has ballooned, and must be allowed to.
        assertTrue(
                domain.memory().status().maxPages().count() >= before.totPages(),
                domain.memory().status().toString());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(10));
        assertTrue(domain.status().shutdownReason().isEmpty(), host.xen.console());
    }

    @ParameterizedTest(name = "{0} KiB")
    @ValueSource(longs = {63 * 1024, 0, 128 * 1024 + 4, (16L << 30) + 1024})
    void lessThanItsSizePartsOfAMebibyteAndMoreThan16TibAreRefused(long kib) {
        MachineState before = host.state();
        ConfigException e =
                assertThrows(ConfigException.class, () -> domain.memory().setMaximum(KiB.of(kib)));
        assertTrue(e.getMessage().startsWith("setting the maximum memory of domain 1 to "), e.getMessage());
        host.assertUnchangedSince(before, "after the refusal");
    }

    @Test
    void conflictsInXenstoreChangeNothingInTheEnd() {
        host.faults.inject(Fault.commitsConflict(5));
        domain.memory().setMaximum(KiB.ofMiB(256));
        assertEquals(KiB.ofMiB(256), domain.memory().status().nextMaximum());
        assertEquals(Pages.of(257 * 256), domain.memory().status().maxPages());
    }

    @Test
    void aMemMaxThatFailsAtAnyCallChangesNothingAndCanBeRepeated() {
        long start = host.faults.calls();
        domain.memory().setMaximum(KiB.ofMiB(129));
        long calls = host.faults.calls() - start;
        assertTrue(calls > 6, "mem-max is more than " + calls + " calls");
        for (long n = 1; n <= calls; n++) {
            MachineState before = host.state();
            KiB size = KiB.ofMiB(130 + n);
            host.faults.inject(Fault.callFails(n, Errno.EIO));
            assertThrows(ToolstackException.class, () -> domain.memory().setMaximum(size));
            host.faults.heal();
            host.assertUnchangedSince(before, host.faults.injected().toString());
            domain.memory().setMaximum(size);
            assertEquals(size, domain.memory().status().nextMaximum());
        }
    }
}
