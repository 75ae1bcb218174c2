// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.host.HostTopology.Node;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.VcpuAffinity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.units.CpuSet;

/** Guests on a host with two NUMA nodes, each with two CPUs. */
class NumaPlacementTest {
    private static final CpuSet ALL = CpuSet.firstCpus(4);
    private static final long MIB = 1 << 20;

    private final TestHost host =
            TestHost.of(SimulatedXen.builder().cpus(4).nodes(2).dom0Vcpus(1));

    @AfterEach
    void close() {
        host.close();
    }

    private Domain create(long memory, long maxMemory, List<String> hard, List<String> soft) {
        return host.toolstack.create(TestHost.guest("numa", memory, maxMemory)
                .vcpus(2)
                .placement(new CpuPlacement(
                        hard.stream().map(CpuList::parse).toList(),
                        soft.stream().map(CpuList::parse).toList(),
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        Optional.empty()))
                .build());
    }

    private Domain create(String cpus) {
        return create(256, 256, Collections.nCopies(2, cpus), List.of());
    }

    private List<Long> freeMib() {
        return host.toolstack.topology().nodes().stream()
                .map(Node::freeBytes)
                .map(bytes -> bytes / MIB)
                .toList();
    }

    /** Creates a guest and returns the MiB that each node has less then. */
    private List<Long> taken(Runnable create) {
        List<Long> before = freeMib();
        create.run();
        List<Long> after = freeMib();
        return List.of(before.get(0) - after.get(0), before.get(1) - after.get(1));
    }

    @Test
    void aGuestGetsItsMemoryAndItsCpusOnOneNode() {
        List<Long> taken = taken(() -> {
            Domain domain = create(256, 256, List.of(), List.of());
            int node = domain.processors().nodes().cpus().findFirst().orElseThrow();
            CpuSet cpus = CpuSet.of(2 * node, 2 * node + 1);
            assertEquals(1, domain.processors().nodes().size());
            domain.processors().vcpus().forEach(vcpu -> assertEquals(new VcpuAffinity(ALL, cpus), vcpu.affinity()));
        });
        assertTrue(Collections.min(taken) < 16 && Collections.max(taken) >= 256, taken.toString());
    }

    @Test
    void guestsAreSpreadOverTheNodes() {
        CpuSet first = create(256, 256, List.of(), List.of()).processors().nodes();
        CpuSet second = host.toolstack
                .create(TestHost.guest("second", 256, 256).vcpus(2).build())
                .processors()
                .nodes();
        assertEquals(CpuSet.firstCpus(2), first.plus(second));
    }

    /** libxl gives such a guest memory of the node with more free memory. */
    @Test
    void aGuestThatIsPinnedToANodeGetsItsMemoryThere() {
        for (int node = 0; node < 2; node++) {
            int pinned = node;
            List<Long> taken = taken(() -> {
                Domain domain = create("node:" + pinned);
                assertEquals(CpuSet.of(pinned), domain.processors().nodes());
                domain.processors()
                        .vcpus()
                        .forEach(vcpu -> assertEquals(
                                new VcpuAffinity(CpuSet.of(2 * pinned, 2 * pinned + 1), ALL), vcpu.affinity()));
            });
            assertTrue(taken.get(node) >= 256 && taken.get(1 - node) < 16, taken.toString());
            host.toolstack.resolve("numa").destroy();
        }
    }

    @Test
    void aGuestThatMayGrowIsPlacedWhereItsLargestSizeFits() {
        Domain filler = create("node:0");
        long room = freeMib().get(0);
        Domain domain = host.toolstack.create(
                TestHost.guest("grows", 64, room + 64).vcpus(2).build());
        assertEquals(CpuSet.of(1), domain.processors().nodes());
        filler.destroy();
    }

    @Test
    void softCpusLeaveThePlacementToXen() {
        Domain domain = create(64, 64, List.of(), List.of("3", "3"));
        assertEquals(CpuSet.of(1), domain.processors().nodes());
        assertEquals(CpuSet.of(3), domain.processors().vcpus().get(0).affinity().soft());
    }

    @Test
    void aGuestThatFitsNoNodeGetsMemoryOfAll() {
        long size = Collections.max(freeMib()) + 64;
        List<Long> taken = taken(() -> assertEquals(
                CpuSet.firstCpus(2),
                create(size, size, List.of(), List.of()).processors().nodes()));
        assertTrue(Collections.min(taken) > 256, taken.toString());
    }
}
