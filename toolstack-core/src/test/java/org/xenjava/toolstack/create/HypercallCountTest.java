// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.pool.GuestPool;
import org.xenjava.toolstack.pool.GuestPoolPolicy;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultSite;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The hypercalls of a create, which do not depend on the machine. libxl's create of the first guest has 160. */
class HypercallCountTest {
    private final TestHost host = TestHost.create();

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    void aSecondPvhPodCreateIssuesFewerHypercalls() {
        DomainConfig.Builder guest = TestHost.guest("pvh", 256, 512).vcpus(1);
        assertEquals(36, hypercallsOfACreate(guest.build()).size());
        assertEquals(33, hypercallsOfACreate(guest.build()).size());
    }

    @Test
    void aLargerGuestNeedsOneMorePopulateForEachGibibyte() {
        List<String> calls = hypercallsOfACreate(
                TestHost.guest("large", 256, 3 * 1024).vcpus(1).build());
        assertEquals(2 + 3, Collections.frequency(calls, "XENMEM_populate_physmap"));
    }

    @Test
    void aSecondHvmPodCreateIssuesTheExpectedHypercalls() {
        DomainConfig guest = DomainConfig.builder("hvm")
                .type(DomainType.HVM)
                .memoryMib(256)
                .maxMemoryMib(512)
                .hvm(HvmConfig.builder().build())
                .build();
        hypercallsOfACreate(guest);
        assertEquals(38, hypercallsOfACreate(guest).size());
    }

    @Test
    void aPvhPodCreateFromThePoolIssuesFewerHypercalls() throws InterruptedException {
        DomainConfig guest = TestHost.guest("pvh", 256, 512).vcpus(1).build();
        hypercallsOfACreate(guest);
        try (GuestPool pool = host.toolstack.pool(guest, GuestPoolPolicy.of(1))) {
            assertTrue(pool.awaitFull(Duration.ofMinutes(1)));
            List<String> calls = hypercallsOfACreate(guest);
            assertFalse(calls.contains("XENMEM_set_pod_target"), calls.toString());
            assertEquals(24, calls.size(), calls.toString());
        }
    }

    private List<String> hypercallsOfACreate(DomainConfig config) {
        List<String> calls = new ArrayList<>();
        Thread thread = Thread.currentThread();
        host.faults.inject(Fault.every(
                site -> {
                    if (isHypercall(site) && Thread.currentThread() == thread) {
                        calls.add(site.name());
                    }
                    return false;
                },
                Errno.EIO));
        host.toolstack.create(config);
        host.faults.heal();
        host.toolstack.find(config.name()).orElseThrow().destroy();
        return calls;
    }

    private static boolean isHypercall(FaultSite site) {
        return site.method().equals("call");
    }
}
