// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create.placement;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.xenjava.toolstack.xenctrl.units.CpuSet;

/**
 * Chooses the NUMA nodes of a new domain as libxl does: as few nodes as possible that have enough free memory and CPUs; of
 * these those with the fewest vCPUs, and then those with the most free memory. Unlike libxl, it considers only CPUs on
 * which the domain may run.
 */
final class NumaChoice {
    /** More nodes have too many combinations; libxl has the same limit. */
    private static final int MOST_NODES = 16;

    private NumaChoice() {}

    /**
     * A node of the host.
     *
     * @param number number of the node
     * @param cpus its CPUs on which the domain may run
     * @param freeBytes its free memory
     * @param vcpus vCPUs of all domains that may run there
     */
    record Node(int number, CpuSet cpus, long freeBytes, int vcpus) {}

    /** Nodes together. */
    private record Candidate(CpuSet nodes, int cpus, long freeBytes, int vcpus) {
        private static final Comparator<Candidate> BEST_FIRST = Comparator.comparingInt(Candidate::vcpus)
                .thenComparing(Comparator.comparingLong(Candidate::freeBytes).reversed());

        static Candidate of(List<Node> nodes, int combination) {
            List<Node> chosen = IntStream.range(0, nodes.size())
                    .filter(index -> (combination & 1 << index) != 0)
                    .mapToObj(nodes::get)
                    .toList();
            return new Candidate(
                    CpuSet.of(chosen.stream().mapToInt(Node::number).toArray()),
                    chosen.stream().mapToInt(node -> node.cpus().size()).sum(),
                    chosen.stream().mapToLong(Node::freeBytes).sum(),
                    chosen.stream().mapToInt(Node::vcpus).sum());
        }
    }

    /**
     * Chooses nodes.
     *
     * @param nodes nodes with CPUs on which the domain may run
     * @param bytes memory that the domain needs
     * @param vcpus vCPUs that it may have
     * @return the nodes; empty if there is nothing to choose, or no nodes have that memory
     */
    static Optional<CpuSet> of(List<Node> nodes, long bytes, int vcpus) {
        if (nodes.size() < 2 || nodes.size() > MOST_NODES) {
            return Optional.empty();
        }
        int all = nodes.stream().mapToInt(node -> node.cpus().size()).sum();
        int wanted = Math.min(vcpus, all);
        for (int count = 1; count < nodes.size(); count++) {
            int size = count;
            Optional<Candidate> best = IntStream.range(1, 1 << nodes.size())
                    .filter(combination -> Integer.bitCount(combination) == size)
                    .mapToObj(combination -> Candidate.of(nodes, combination))
                    .filter(one -> one.cpus() >= wanted && one.freeBytes() >= bytes)
                    .min(Candidate.BEST_FIRST);
            if (best.isPresent()) {
                return best.map(Candidate::nodes);
            }
        }
        return Optional.empty();
    }
}
