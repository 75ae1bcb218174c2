// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.host.TestHost;
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

    private List<String> hypercallsOfACreate(DomainConfig config) {
        List<String> calls = new ArrayList<>();
        host.faults.inject(Fault.every(
                site -> {
                    if (isHypercall(site)) {
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
