// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuList;

/**
 * The physical CPUs of the guest's vCPUs, and their share of them.
 *
 * @param hard the physical CPUs on which each vCPU may run, by number of the vCPU; further vCPUs run anywhere
 * @param soft the physical CPUs on which each vCPU should run, by number of the vCPU
 * @param weight share of the CPUs in relation to other domains, 1 … 65535; without a value, the scheduler's default
 * @param cap limit in percent of one CPU, 0 for none; without a value, the scheduler's default
 * @param pool name or number of the pool of CPUs; without a value, pool 0
 */
public record CpuPlacement(
        List<CpuList> hard, List<CpuList> soft, OptionalInt weight, OptionalInt cap, Optional<String> pool) {
    /** Anywhere in pool 0, with the scheduler's default share. */
    public static final CpuPlacement DEFAULT =
            new CpuPlacement(List.of(), List.of(), OptionalInt.empty(), OptionalInt.empty(), Optional.empty());

    private static final int MAX_WEIGHT = 65535;
    private static final int MAX_CAP = 100 * DomainConfig.MAX_VCPUS;

    /**
     * Copies the lists, so that the record is immutable, and checks the values.
     *
     * @param hard the physical CPUs on which each vCPU may run, by number of the vCPU; further vCPUs run anywhere
     * @param soft the physical CPUs on which each vCPU should run, by number of the vCPU
     * @param weight share of the CPUs in relation to other domains, 1 … 65535
     * @param cap limit in percent of one CPU, 0 for none
     * @param pool name or number of the pool of CPUs
     * @throws ConfigException if weight or cap is out of range, or the pool has no name
     */
    public CpuPlacement {
        hard = List.copyOf(hard);
        soft = List.copyOf(soft);
        new ProblemCollector()
                .add(DomainRules.ofLimit("cpu_weight", weight.orElse(1), 1, MAX_WEIGHT), "cpu_weight")
                .add(DomainRules.ofLimit("cap", cap.orElse(0), 0, MAX_CAP), "cap")
                .add(pool.filter(String::isEmpty).map(none -> "pool is empty"), "pool")
                .throwIfAny("");
    }
}
