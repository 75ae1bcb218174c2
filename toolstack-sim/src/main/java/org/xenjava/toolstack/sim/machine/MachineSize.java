// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.function.BooleanSupplier;

/**
 * The hardware of a simulated machine and how Xen divides its memory at boot.
 *
 * @param cpus number of CPUs
 * @param nodes number of NUMA nodes, which have equal parts of the CPUs and of the memory
 * @param dom0Vcpus number of vCPUs of dom0
 * @param hostPages all memory of the host, in pages
 * @param dom0Pages memory that dom0 owns, in pages
 * @param xenPages memory that Xen takes for itself, in pages
 * @param largestEntryOrder order of the largest page in hardware-assisted paging: 0, 9 or 18
 * @param pvGuests whether Xen was built with PV guests
 * @param commandLine what Xen was booted with; without {@code dom0_mem=}, dom0 has no limit
 * @param preemptionPending asked during an emergency sweep for zero pages: whether the sweep may give up
 */
public record MachineSize(
        int cpus,
        int nodes,
        int dom0Vcpus,
        long hostPages,
        long dom0Pages,
        long xenPages,
        int largestEntryOrder,
        PvGuests pvGuests,
        String commandLine,
        BooleanSupplier preemptionPending) {
    /** Xen's choice at its build ({@code CONFIG_PV}). */
    public enum PvGuests {
        SUPPORTED,
        LEFT_OUT
    }

    /** Whether the command line limits dom0. */
    boolean isDom0Limited() {
        return commandLine.contains("dom0_mem=");
    }
}
