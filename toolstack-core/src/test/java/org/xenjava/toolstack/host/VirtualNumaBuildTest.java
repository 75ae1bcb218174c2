// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.create.StoredConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.HostTopology.Node;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.progress.StepPhase;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Guests that see NUMA nodes, on a host with two nodes, each with two CPUs. */
class VirtualNumaBuildTest {
    private static final long MIB = 1 << 20;
    private static final long PAGES_PER_MIB = 256;

    private final TestHost host =
            TestHost.of(SimulatedXen.builder().cpus(4).nodes(2).dom0Vcpus(1));

    @AfterEach
    void close() {
        host.close();
    }

    private static VirtualNode node(int physical, long mib, int vcpu, Integer... distances) {
        return new VirtualNode(physical, KiB.ofMiB(mib), CpuSet.of(vcpu), List.of(distances));
    }

    private static DomainConfig.Builder guest(DomainType type, VirtualNode... nodes) {
        long mib =
                List.of(nodes).stream().mapToLong(node -> node.memory().toMiB()).sum();
        DomainConfig.Builder guest = type == DomainType.HVM
                ? DomainConfig.builder("virtual").type(type).memoryMib(mib)
                : TestHost.guest("virtual", mib, mib);
        return guest.vcpus(2).virtualNodes(List.of(nodes));
    }

    /** Node 0 of the guest is node 1 of the host. */
    private static DomainConfig.Builder crossed(DomainType type) {
        return guest(type, node(1, 96, 0, 10, 21), node(0, 160, 1, 22, 11));
    }

    /** The pages of the last domain on each node, which debug key u prints. */
    private List<Long> pagesOnNodes() {
        host.toolstack.xenConsole().sendDebugKeys("u");
        String[] lines = host.toolstack.xenConsole().read().strip().split("\n");
        return Stream.of(lines)
                .skip(lines.length - 2)
                .map(line -> Long.parseLong(line.replaceAll(".*: ", "")))
                .toList();
    }

    private List<Long> freeMib() {
        return host.toolstack.topology().nodes().stream()
                .map(Node::freeBytes)
                .map(bytes -> bytes / MIB)
                .toList();
    }

    @ParameterizedTest
    @EnumSource(
            value = DomainType.class,
            names = {"PVH", "HVM"})
    void theMemoryOfEachNodeIsOnItsPhysicalNode(DomainType type) {
        Domain domain = host.toolstack.create(crossed(type).build());
        // Video RAM is a part of node 0; special pages and those of QEMU come from both nodes.
        long ramOnOne = type == DomainType.HVM ? (96 - 8) * PAGES_PER_MIB - 32 : 96 * PAGES_PER_MIB;
        long ramOnZero = 160 * PAGES_PER_MIB;
        List<Long> counts = pagesOnNodes();
        long beside = counts.get(0) + counts.get(1) - ramOnZero - ramOnOne;
        assertTrue(beside >= 8 && beside < 8 * PAGES_PER_MIB + 300, "pages beside the RAM: " + beside);
        assertTrue(counts.get(0) >= ramOnZero && counts.get(0) <= ramOnZero + beside, counts.toString());
        if (type == DomainType.PVH) {
            assertEquals(8 + 2, beside);
        }

        assertEquals(CpuSet.of(0, 1), domain.processors().nodes());
        assertEquals(
                CpuSet.of(2, 3), domain.processors().vcpus().get(0).affinity().soft());
        assertEquals(
                CpuSet.of(0, 1), domain.processors().vcpus().get(1).affinity().soft());
    }

    @Test
    void xenTellsTheGuestItsNodes() {
        Domain domain = host.toolstack.create(crossed(DomainType.PVH).build());
        StructLayout layout = host.xenctrl.abi().struct(MemoryOp.GET_VNUMAINFO.struct());
        try (HypercallBuffer argument = host.observer.call().allocBuffer(layout.size());
                HypercallBuffer tables = host.observer.call().allocBuffer(4096)) {
            StructView info = layout.at(argument.bytes(), 0).set("domid", domain.domid());
            assertEquals(Errno.ENOBUFS, refusal(argument));
            assertEquals(2, info.get("nr_vnodes"));
            assertEquals(2, info.get("nr_vmemranges"));
            assertEquals(2, info.get("nr_vcpus"));
            info.set("vdistance.h", tables.address())
                    .set("vcpu_to_vnode.h", tables.address() + 64)
                    .set("vmemrange.h", tables.address() + 128);
            host.observer
                    .call()
                    .call(Hypercall.MEMORY_OP.number(), MemoryOp.GET_VNUMAINFO.number(), argument.address());
            assertEquals(List.of(10, 21, 22, 11), ints(tables.bytes(), 0, 4));
            assertEquals(List.of(0, 1), ints(tables.bytes(), 64, 2));
            int end = (int) (256 * MIB);
            int middle = (int) (96 * MIB);
            assertEquals(List.of(0, 0, middle, 0, 0, 0, middle, 0, end, 0, 0, 1), ints(tables.bytes(), 128, 12));

            Domain plain = host.toolstack.create(TestHost.guest("plain", 32, 32).build());
            info.set("domid", plain.domid());
            assertEquals(Errno.EOPNOTSUPP, refusal(argument));
        }
    }

    private Errno refusal(HypercallBuffer argument) {
        return assertThrows(XenLibException.class, () -> host.observer
                        .call()
                        .call(Hypercall.MEMORY_OP.number(), MemoryOp.GET_VNUMAINFO.number(), argument.address()))
                .errno();
    }

    private static List<Integer> ints(ByteBuffer table, int at, int count) {
        ByteBuffer ordered = table.order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            numbers.add(ordered.getInt(at + 4 * i));
        }
        return numbers;
    }

    @Test
    void cpusSoftOverridesTheNodesCpus() {
        Domain domain = host.toolstack.create(crossed(DomainType.PVH)
                .placement(new CpuPlacement(
                        List.of(),
                        List.of(CpuList.parse("0")),
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        Optional.empty()))
                .build());
        assertEquals(CpuSet.of(0), domain.processors().vcpus().get(0).affinity().soft());
        assertEquals(
                CpuSet.firstCpus(4),
                domain.processors().vcpus().get(1).affinity().soft());
    }

    @Test
    void aNodeThatTheHostLacksIsRefused() {
        MachineState before = host.state();
        DomainConfig config = guest(DomainType.PVH, node(0, 64, 0, 10, 20), node(2, 64, 1, 20, 10))
                .build();
        ConfigException e = assertThrows(ConfigException.class, () -> host.toolstack.create(config));
        assertTrue(
                e.getMessage().endsWith("vnuma: the host has no NUMA node 2 with memory; it has 0-1"), e.getMessage());
        host.assertUnchangedSince(before, "a refused build");
    }

    /** Only the other node has memory for it, and Xen must not take it there. */
    @Test
    void aNodeWithTooLittleMemoryIsRefusedBeforeADomainExists() {
        MachineState before = host.state();
        long free = freeMib().get(1);
        DomainConfig config = guest(DomainType.PVH, node(0, 16, 0, 10, 20), node(1, free + 16, 1, 20, 10))
                .build();
        host.faults.inject(Fault.nthOf("XEN_DOMCTL_createdomain", 1, Errno.EINVAL));
        HostMemoryException e = assertThrows(HostMemoryException.class, () -> host.toolstack.create(config));
        host.faults.heal();
        String numbers = "NUMA node 1 of the host has " + free + " MiB free, and the guest's nodes on it need "
                + (free + 16) + " MiB";
        assertTrue(e.getMessage().contains(numbers), e.getMessage());
        host.assertUnchangedSince(before, "a refused build");
    }

    @Test
    void twoNodesOnOneNodeOfTheHostNeedTheirSumThere() {
        long free = freeMib().get(1);
        DomainConfig config = guest(DomainType.PVH, node(1, free - 16, 0, 10, 20), node(1, 32, 1, 20, 10))
                .build();
        HostMemoryException e = assertThrows(HostMemoryException.class, () -> host.toolstack.create(config));
        assertTrue(e.getMessage().contains("need " + (free + 16) + " MiB"), e.getMessage());
    }

    /** Another guest takes the memory of the node between the check and the build. */
    @Test
    void aNodeThatFillsDuringTheBuildIsNamed() {
        long size = freeMib().get(1) - 16;
        DomainConfig other = guest(DomainType.PVH, node(0, 16, 0, 10, 20), node(1, 64, 1, 20, 10))
                .name("other")
                .build();
        DomainConfig config = guest(DomainType.PVH, node(0, 16, 0, 10, 20), node(1, size, 1, 20, 10))
                .build();
        CreateListener intruder = progress -> {
            if (progress.step() == CreateStep.LIMIT_MEMORY && progress.phase() == StepPhase.STARTED) {
                host.toolstack.create(other);
            }
        };
        HostMemoryException e = assertThrows(
                HostMemoryException.class, () -> host.toolstack.create(config, intruder, new Cancellation()));
        assertTrue(e.getMessage().contains("NUMA node 1 of the host is out of memory"), e.getMessage());
        assertTrue(host.toolstack.find("virtual").isEmpty());
    }

    @Test
    void aGuestWithNodesIsNotSaved() {
        Domain domain = host.toolstack.create(crossed(DomainType.PVH).build());
        domain.unpause();
        DomainStateException e = assertThrows(DomainStateException.class, () -> domain.saving()
                .save(Path.of("/nowhere/virtual.save"), Afterwards.DESTROY));
        assertTrue(e.getMessage().contains("the guest cannot be saved or migrated: it has vnuma"), e.getMessage());
    }

    /** Xen decides, not the stored configuration. */
    @Test
    void aGuestWhoseStoredConfigurationLostItsNodesIsNotSaved() {
        Domain domain = host.toolstack.create(crossed(DomainType.PVH).build());
        domain.unpause();
        StoreClient store = new StoreClient(host.observer.store());
        String path = new DomainPaths(domain.domid()).storedConfig();
        store.inTransaction(transaction -> {
            transaction.remove(path);
            StoredConfig.write(
                    transaction, path, TestHost.guest("virtual", 256, 256).build());
            return path;
        });
        DomainStateException e = assertThrows(DomainStateException.class, () -> domain.saving()
                .save(Path.of("/nowhere/virtual.save"), Afterwards.DESTROY));
        assertTrue(e.getMessage().contains("the guest cannot be saved or migrated: it has vnuma"), e.getMessage());
    }

    /** Less memory than the nodes have would be populate-on-demand, which excludes nodes. */
    @Test
    void theNextBuildHasTheMemoryOfTheNodes() {
        DomainConfig config = crossed(DomainType.PVH).build();
        Domain domain = host.toolstack.create(config);
        domain.memory().set(KiB.ofMiB(200));
        DomainConfig next = domain.config().orElseThrow();
        assertEquals(config.sizes(), next.sizes());
        assertEquals(config.virtualNodes(), next.virtualNodes());
        String listed = domain.libxlConfig().orElseThrow().text();
        assertTrue(listed.contains("\"target_memkb\": " + 200 * 1024), listed);
        assertTrue(listed.contains("\"max_memkb\": " + 256 * 1024), listed);
    }

    @Test
    void aBuildThatFailsAtAnyCallLeavesNothingBehind() {
        DomainConfig config = guest(DomainType.PVH, node(1, 16, 0, 10, 20), node(0, 16, 1, 20, 10))
                .build();
        MachineState before = host.state();
        host.toolstack.create(config).destroy();
        long start = host.faults.calls();
        Domain built = host.toolstack.create(config);
        long calls = host.faults.calls() - start;
        built.destroy();
        for (long n = 1; n <= calls; n++) {
            host.faults.inject(Fault.callFails(n, Errno.ENOMEM));
            ToolstackException e = assertThrows(ToolstackException.class, () -> host.toolstack.create(config));
            host.faults.heal();
            assertTrue(e.getMessage().startsWith("building domain virtual"), e.getMessage());
            host.assertUnchangedSince(before, e.getMessage());
        }
        for (long n = 1; n <= calls; n += 7) {
            Fault death = Fault.processKilled(n);
            host.letTheNextProcessCleanUpAfter(before, process -> {
                Toolstack toolstack = process.open();
                process.faults().inject(death);
                assertThrows(ProcessKilled.class, () -> toolstack.create(config));
            });
        }
    }
}
