// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create.placement;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.VirtualNuma;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.Affinity;
import org.xenjava.toolstack.xenctrl.CpuCalls.PinOverride;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.TopologyCalls.NodeMemory;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Places a new domain on NUMA nodes, unless its configuration says where its vCPUs should run: its memory comes from the
 * chosen nodes as long as they have some, and its vCPUs prefer their CPUs. A guest with NUMA nodes of its own is on the
 * nodes of the host that those name. Looked up before the domain exists.
 */
public final class NumaPlacement {
    private static final Logger LOG = LoggerFactory.getLogger(NumaPlacement.class);

    private final Xenctrl xenctrl;
    private final Optional<CpuSet> nodes;
    private final List<CpuSet> preferred;

    /** @param preferred the CPUs of each vCPU; none if the vCPUs stay where they are */
    private NumaPlacement(Xenctrl xenctrl, Optional<CpuSet> nodes, List<CpuSet> preferred) {
        this.xenctrl = xenctrl;
        this.nodes = nodes;
        this.preferred = List.copyOf(preferred);
    }

    /**
     * Chooses the nodes.
     *
     * @param xenctrl the hypercalls
     * @param placement the CPUs on which the domain may run
     * @param memory the domain's memory
     * @param vcpus vCPUs that the domain may have
     * @return the placement
     * @throws ConfigException if the host has no such node as the guest's own nodes name
     * @throws HostMemoryException if such a node has too little free memory
     */
    public static NumaPlacement of(Xenctrl xenctrl, VcpuPlacement placement, MemoryPlan memory, int vcpus) {
        if (!memory.virtualNuma().isNone()) {
            return ofVirtualNodes(xenctrl, placement, memory.virtualNuma(), vcpus);
        }
        if (xenctrl.host().lastPhysInfo().nodes() < 2) {
            return new NumaPlacement(xenctrl, Optional.empty(), List.of());
        }
        List<Integer> nodeOfCpu = xenctrl.cpus().nodes();
        Optional<CpuSet> nodes =
                placement.automatic(vcpus).flatMap(allowed -> choose(xenctrl, allowed, nodeOfCpu, memory, vcpus));
        List<CpuSet> preferred = nodes.map(chosen -> Collections.nCopies(vcpus, cpus(nodeOfCpu, chosen)))
                .orElse(List.of());
        return new NumaPlacement(xenctrl, nodes, preferred);
    }

    private static NumaPlacement ofVirtualNodes(
            Xenctrl xenctrl, VcpuPlacement placement, VirtualNuma guest, int vcpus) {
        List<NodeMemory> memories = xenctrl.topology().nodes();
        CpuSet there = CpuSet.of(IntStream.range(0, memories.size())
                .filter(node -> memories.get(node).bytes() > 0)
                .toArray());
        CpuSet nodes = CpuSet.of(
                guest.nodes().stream().mapToInt(VirtualNode::physicalNode).toArray());
        nodes.minus(there).cpus().findFirst().ifPresent(node -> {
            throw new ConfigException("vnuma: the host has no NUMA node " + node + " with memory; it has " + there);
        });
        nodes.cpus().forEach(node -> requireMemory(node, memories.get(node), guest));
        List<Integer> nodeOfCpu = xenctrl.cpus().nodes();
        CpuSet ofPool = placement.poolCpus();
        List<CpuSet> preferred = new ArrayList<>();
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            CpuSet near = cpus(
                            nodeOfCpu,
                            CpuSet.of(guest.nodes().get(guest.nodeOf(vcpu)).physicalNode()))
                    .and(ofPool);
            if (near.isEmpty() || placement.chosen(vcpu).anyMatch(cpus -> !near.equals(cpus.plus(near)))) {
                LOG.warn(
                        "vnuma: vCPU {} may run far from its memory: the CPUs of its node and pool are {}", vcpu, near);
            }
            preferred.add(near);
        }
        return new NumaPlacement(xenctrl, Optional.of(nodes), placement.hasPreferences() ? List.of() : preferred);
    }

    /** Refuses at once what the build would find out later: the memory of a node comes from no other. */
    private static void requireMemory(int node, NodeMemory memory, VirtualNuma guest) {
        Pages needed = guest.ramOn(node);
        Pages free = Pages.of(memory.freeBytes() / Pages.BYTES);
        if (needed.isMoreThan(free)) {
            throw new HostMemoryException("vnuma: NUMA node " + node + " of the host has "
                    + free.toKiB().toMiB() + " MiB free, and the guest's nodes on it need "
                    + needed.toKiB().toMiB()
                    + " MiB. Place them on other nodes, ask for less, or try again when other guests have ended");
        }
    }

    private static CpuSet cpus(List<Integer> nodeOfCpu, CpuSet nodes) {
        return CpuSet.of(IntStream.range(0, nodeOfCpu.size())
                .filter(cpu -> nodeOfCpu.get(cpu) >= 0 && nodes.contains(nodeOfCpu.get(cpu)))
                .toArray());
    }

    /** A guest that may grow gets nodes that have its largest size, if there are such nodes. */
    private static Optional<CpuSet> choose(
            Xenctrl xenctrl, CpuSet allowed, List<Integer> nodeOfCpu, MemoryPlan memory, int vcpus) {
        List<NumaChoice.Node> candidates = candidates(xenctrl, allowed, nodeOfCpu);
        long overhead = memory.pagingPoolBytes();
        long most = memory.shape().frames().count() * Pages.BYTES + overhead;
        return NumaChoice.of(candidates, most, vcpus)
                .or(() -> NumaChoice.of(candidates, memory.claim().count() * Pages.BYTES + overhead, vcpus));
    }

    private static List<NumaChoice.Node> candidates(Xenctrl xenctrl, CpuSet allowed, List<Integer> nodeOfCpu) {
        List<NodeMemory> memories = xenctrl.topology().nodes();
        int[] crowd = crowd(xenctrl, nodeOfCpu, memories.size());
        List<NumaChoice.Node> candidates = new ArrayList<>();
        for (int node = 0; node < memories.size(); node++) {
            int number = node;
            CpuSet own = CpuSet.of(allowed.cpus()
                    .filter(cpu -> cpu < nodeOfCpu.size() && nodeOfCpu.get(cpu) == number)
                    .toArray());
            if (!own.isEmpty()) {
                candidates.add(new NumaChoice.Node(node, own, memories.get(node).freeBytes(), crowd[node]));
            }
        }
        return candidates;
    }

    /** For each node, the number of vCPUs that prefer it or may run there. */
    private static int[] crowd(Xenctrl xenctrl, List<Integer> nodeOfCpu, int count) {
        int[] crowd = new int[count];
        for (DomainInfo domain : xenctrl.domains().list()) {
            for (int vcpu = 0; vcpu <= domain.maxVcpuId(); vcpu++) {
                where(xenctrl, domain.domid(), vcpu).ifPresent(where -> new TreeSet<>(where.cpus()
                                .filter(cpu -> cpu < nodeOfCpu.size())
                                .mapToObj(nodeOfCpu::get)
                                .filter(node -> node >= 0 && node < count)
                                .toList())
                        .forEach(node -> crowd[node]++));
            }
        }
        return crowd;
    }

    /** Empty if the domain ends in the meantime. */
    private static Optional<CpuSet> where(Xenctrl xenctrl, int domid, int vcpu) {
        try {
            Affinity affinity = xenctrl.cpus().affinity(domid, vcpu);
            CpuSet both = affinity.hard().and(affinity.soft());
            return Optional.of(both.isEmpty() ? affinity.hard() : both);
        } catch (HypercallException e) {
            return Optional.empty();
        }
    }

    /**
     * Sets the nodes of a domain with vCPUs and without memory.
     *
     * @param domid number of the domain
     */
    public void apply(int domid) {
        nodes.ifPresent(chosen -> {
            LOG.debug("domain {} is placed on the NUMA nodes {}", domid, chosen);
            for (int vcpu = 0; vcpu < preferred.size(); vcpu++) {
                CpuSet cpus = preferred.get(vcpu);
                if (!cpus.isEmpty()) {
                    xenctrl.cpus().setAffinity(domid, vcpu, Optional.empty(), Optional.of(cpus), PinOverride.KEEP);
                }
            }
            xenctrl.topology().setNodeAffinity(domid, chosen);
        });
    }
}
