// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create.placement;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.memory.MemoryPlan;
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
 * chosen nodes as long as they have some, and its vCPUs prefer their CPUs. Looked up before the domain exists.
 */
public final class NumaPlacement {
    private static final Logger LOG = LoggerFactory.getLogger(NumaPlacement.class);

    private final Xenctrl xenctrl;
    private final int vcpus;
    private final Optional<CpuSet> nodes;
    private final CpuSet cpus;

    /**
     * Chooses the nodes.
     *
     * @param xenctrl the hypercalls
     * @param placement the CPUs on which the domain may run
     * @param memory the domain's memory
     * @param vcpus vCPUs that the domain may have
     */
    public NumaPlacement(Xenctrl xenctrl, VcpuPlacement placement, MemoryPlan memory, int vcpus) {
        this.xenctrl = xenctrl;
        this.vcpus = vcpus;
        if (xenctrl.host().lastPhysInfo().nodes() < 2) {
            nodes = Optional.empty();
            cpus = CpuSet.NONE;
            return;
        }
        List<Integer> nodeOfCpu = xenctrl.cpus().nodes();
        nodes = placement.automatic(vcpus).flatMap(allowed -> choose(allowed, nodeOfCpu, memory));
        cpus = CpuSet.of(IntStream.range(0, nodeOfCpu.size())
                .filter(cpu -> nodes.filter(chosen -> nodeOfCpu.get(cpu) >= 0 && chosen.contains(nodeOfCpu.get(cpu)))
                        .isPresent())
                .toArray());
    }

    /** A guest that may grow gets nodes that have its largest size, if there are such nodes. */
    private Optional<CpuSet> choose(CpuSet allowed, List<Integer> nodeOfCpu, MemoryPlan memory) {
        List<NumaChoice.Node> candidates = candidates(allowed, nodeOfCpu);
        long overhead = memory.pagingPoolBytes();
        long most = memory.shape().frames().count() * Pages.BYTES + overhead;
        return NumaChoice.of(candidates, most, vcpus)
                .or(() -> NumaChoice.of(candidates, memory.claim().count() * Pages.BYTES + overhead, vcpus));
    }

    private List<NumaChoice.Node> candidates(CpuSet allowed, List<Integer> nodeOfCpu) {
        List<NodeMemory> memories = xenctrl.topology().nodes();
        int[] crowd = crowd(nodeOfCpu, memories.size());
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
    private int[] crowd(List<Integer> nodeOfCpu, int count) {
        int[] crowd = new int[count];
        for (DomainInfo domain : xenctrl.domains().list()) {
            for (int vcpu = 0; vcpu <= domain.maxVcpuId(); vcpu++) {
                where(domain.domid(), vcpu).ifPresent(where -> new TreeSet<>(where.cpus()
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
    private Optional<CpuSet> where(int domid, int vcpu) {
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
            for (int vcpu = 0; vcpu < vcpus; vcpu++) {
                xenctrl.cpus().setAffinity(domid, vcpu, Optional.empty(), Optional.of(cpus), PinOverride.KEEP);
            }
            xenctrl.topology().setNodeAffinity(domid, chosen);
        });
    }
}
