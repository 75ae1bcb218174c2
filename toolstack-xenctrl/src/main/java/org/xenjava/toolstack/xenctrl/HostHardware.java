// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.List;

/**
 * The parts of {@code XEN_SYSCTL_physinfo} that do not change while Xen runs.
 *
 * @param threadsPerCore threads of each core
 * @param coresPerSocket cores of each socket
 * @param maxCpuId highest number of a CPU
 * @param nodes number of NUMA nodes
 * @param capabilities {@code XEN_SYSCTL_PHYSCAP_*}
 * @param features feature words of the CPUs
 */
public record HostHardware(
        int threadsPerCore, int coresPerSocket, int maxCpuId, int nodes, int capabilities, List<Integer> features) {
    public HostHardware {
        features = List.copyOf(features);
    }
}
