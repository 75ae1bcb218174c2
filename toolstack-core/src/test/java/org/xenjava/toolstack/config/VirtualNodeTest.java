// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.KiB;

class VirtualNodeTest {
    private static VirtualNode node(long mib, CpuSet vcpus, Integer... distances) {
        return new VirtualNode(0, KiB.ofMiB(mib), vcpus, List.of(distances));
    }

    private static DomainConfig.Builder guest(VirtualNode... nodes) {
        return DomainConfig.builder("g")
                .kernel(Path.of("k"))
                .memoryMib(512)
                .vcpus(2)
                .virtualNodes(List.of(nodes));
    }

    private static void assertRefused(String message, DomainConfig.Builder guest) {
        ConfigException e = assertThrows(ConfigException.class, guest::build);
        assertEquals("domain g: vnuma: " + message, e.getMessage());
    }

    @Test
    void theNodesHaveAllMemoryAndEachVcpu() {
        VirtualNode first = node(128, CpuSet.of(1), 10, 20);
        assertEquals(
                2,
                guest(first, node(384, CpuSet.of(0), 10, 10))
                        .build()
                        .virtualNodes()
                        .size());
        assertRefused("the nodes have 511 MiB, but maxmem is 512 MiB", guest(first, node(383, CpuSet.of(0), 20, 10)));
        assertRefused("vCPU 0 is in no node", guest(first, node(384, CpuSet.NONE, 20, 10)));
        assertRefused("vCPU 1 is in more than one node", guest(first, node(384, CpuSet.of(0, 1), 20, 10)));
        assertRefused("there is no vCPU 2: maxvcpus is 2", guest(first, node(384, CpuSet.of(0, 2), 20, 10)));
    }

    @Test
    void noNodeIsNearerThanItself() {
        VirtualNode first = node(128, CpuSet.of(1), 20, 19);
        assertRefused(
                "node 0 is farther from itself than from another node", guest(first, node(384, CpuSet.of(0), 20, 10)));
        assertRefused(
                "node 1 has 1 distances for a guest of 2 nodes",
                guest(node(128, CpuSet.of(1), 10, 20), node(384, CpuSet.of(0), 10)));
    }

    @Test
    void populateOnDemandAndPvGuestsExcludeNodes() {
        VirtualNode all = node(512, CpuSet.of(0, 1), 10);
        assertRefused(
                "a guest with vnuma cannot be populated on demand: memory must be maxmem",
                guest(all).memoryMib(256).maxMemoryMib(512));
        assertRefused("a PV guest cannot have virtual NUMA nodes", guest(all).type(DomainType.PV));
    }

    @Test
    void nodeZeroHasTheVideoRam() {
        DomainConfig.Builder guest = guest(node(4, CpuSet.of(0), 10, 20), node(508, CpuSet.of(1), 20, 10))
                .type(DomainType.HVM);
        assertRefused("node 0 has 4 MiB, which is less than 8 MiB of video RAM", guest);
    }

    @Test
    void xenTakesTablesOfThirtyTwoNodes() {
        Integer[] distances = Collections.nCopies(33, 10).toArray(new Integer[0]);
        VirtualNode[] nodes =
                Collections.nCopies(33, node(0, CpuSet.NONE, distances)).toArray(new VirtualNode[0]);
        assertRefused("a guest has at most 32 nodes, not 33", guest(nodes));
    }

    @Test
    void valuesThatNoHypercallCarriesAreRefused() {
        assertThrows(ConfigException.class, () -> new VirtualNode(255, KiB.ZERO, CpuSet.NONE, List.of()));
        assertThrows(ConfigException.class, () -> new VirtualNode(0, KiB.of(1), CpuSet.NONE, List.of()));
        ConfigException e =
                assertThrows(ConfigException.class, () -> new VirtualNode(0, KiB.ZERO, CpuSet.NONE, List.of(256)));
        assertTrue(e.getMessage().endsWith("is 0 … 255, not 256"), e.getMessage());
    }
}
