// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.memory.VirtualNuma.NodeRange;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class VirtualNumaTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    private static List<VirtualNode> nodes(long... mib) {
        List<Integer> distances = LongStream.of(mib).mapToObj(node -> 10).toList();
        return LongStream.range(0, mib.length)
                .mapToObj(node -> new VirtualNode(
                        (int) (node + 1) % mib.length,
                        KiB.ofMiB(mib[(int) node]),
                        node == 0 ? CpuSet.of(0) : CpuSet.NONE,
                        distances))
                .toList();
    }

    private static MemoryPlan hvm(List<VirtualNode> nodes) {
        long mib = nodes.stream().mapToLong(node -> node.memory().toMiB()).sum();
        DomainConfig config = DomainConfig.builder("g")
                .type(DomainType.HVM)
                .memoryMib(mib)
                .virtualNodes(nodes)
                .build();
        return MemoryPlan.hvm(config, HvmConfig.DEFAULT, PodPolicy.standard());
    }

    private static NodeRange range(long start, long end, int node) {
        return new NodeRange(new RamRange(start, end), node);
    }

    @Test
    void aNodeThatReachesAcrossTheHoleForDevicesHasTwoRanges() {
        VirtualNuma numa = hvm(nodes(2048, 4096)).virtualNuma();
        assertEquals(
                List.of(
                        range(0, 2040 * MIB, 0),
                        range(2040 * MIB, 0xF000_0000L, 1),
                        range(4 * GIB, 4 * GIB + (2040 + 4096 - 3840) * MIB, 1)),
                numa.ranges());
    }

    @Test
    void aNodeBehindTheHoleBeginsAtFourGib() {
        VirtualNuma numa = VirtualNuma.of(nodes(1024, 1024), KiB.ZERO, GIB);
        assertEquals(List.of(range(0, GIB, 0), range(4 * GIB, 5 * GIB, 1)), numa.ranges());
    }

    @Test
    void theVideoRamMayBeAllOfNodeZero() {
        VirtualNuma numa = hvm(nodes(8, 512)).virtualNuma();
        assertEquals(List.of(range(0, 512 * MIB, 1)), numa.ranges());
    }

    @Provide
    Arbitrary<List<VirtualNode>> someNodes() {
        return Arbitraries.longs()
                .between(0, 6000)
                .list()
                .ofMinSize(1)
                .ofMaxSize(5)
                .map(sizes -> {
                    long[] mib = sizes.stream().mapToLong(size -> size).toArray();
                    mib[0] += 16;
                    return nodes(mib);
                });
    }

    /** Each page of the RAM comes from the physical node of its virtual node, once, and in the order of addresses. */
    @Property(tries = 200, seed = "1")
    void thePartsAreTheRam(@ForAll("someNodes") List<VirtualNode> nodes) {
        MemoryPlan plan = hvm(nodes);
        long at = 0;
        long pages = 0;
        for (VirtualNuma.Part part : plan.parts()) {
            assertTrue(
                    part.ram().start() >= at && part.ram().start() < part.ram().end());
            at = part.ram().end();
            pages += part.ram().pages().count();
            NodeRange owner = plan.virtualNuma().ranges().stream()
                    .filter(range -> range.ram().start() <= part.ram().start()
                            && part.ram().end() <= range.ram().end())
                    .findFirst()
                    .orElseThrow();
            assertEquals(
                    nodes.get(owner.node()).physicalNode(), part.physicalNode().orElseThrow());
        }
        assertEquals(plan.shape().frames(), Pages.of(pages));
        long populated = plan.populateCalls().stream()
                .mapToLong(call -> call.pages().count())
                .sum();
        assertEquals(pages, populated);
        for (int node = 0; node < nodes.size(); node++) {
            int number = node;
            long bytes = plan.virtualNuma().ranges().stream()
                    .filter(range -> range.node() == number)
                    .mapToLong(range -> range.ram().end() - range.ram().start())
                    .sum();
            KiB video = node == 0 ? plan.shape().videoRam() : KiB.ZERO;
            assertEquals(nodes.get(node).memory().minus(video).value() * 1024, bytes);
        }
    }
}
