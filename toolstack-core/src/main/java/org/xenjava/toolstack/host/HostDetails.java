// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/**
 * All that Xen tells about the host, besides its {@link org.xenjava.toolstack.HostStatus status}.
 *
 * @param hypervisor Xen itself
 * @param maxCpuId highest number of a CPU
 * @param nodes number of NUMA nodes
 * @param coresPerSocket cores of each socket
 * @param threadsPerCore threads of each core
 * @param cpuFeatures feature words of the CPUs
 * @param virtualization what guests can use, in xl's words, such as {@code hvm} and {@code hap}
 * @param freedBySharing memory that sharing has freed
 * @param shared memory that domains share
 * @param freeCpus CPUs that are in no pool
 * @param scheduler scheduler of pool 0, if it is known
 */
public record HostDetails(
        HypervisorBuild hypervisor,
        int maxCpuId,
        int nodes,
        int coresPerSocket,
        int threadsPerCore,
        List<Integer> cpuFeatures,
        List<String> virtualization,
        Pages freedBySharing,
        Pages shared,
        CpuSet freeCpus,
        Optional<Scheduler> scheduler) {
    /**
     * Copies the lists, so that the record is immutable.
     *
     * @param hypervisor Xen itself
     * @param maxCpuId highest number of a CPU
     * @param nodes number of NUMA nodes
     * @param coresPerSocket cores of each socket
     * @param threadsPerCore threads of each core
     * @param cpuFeatures feature words of the CPUs
     * @param virtualization what guests can use, in xl's words
     * @param freedBySharing memory that sharing has freed
     * @param shared memory that domains share
     * @param freeCpus CPUs that are in no pool
     * @param scheduler scheduler of pool 0, if it is known
     */
    public HostDetails {
        cpuFeatures = List.copyOf(cpuFeatures);
        virtualization = List.copyOf(virtualization);
    }
}
