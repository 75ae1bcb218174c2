// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import org.xenjava.toolstack.xenctrl.units.CpuSet;

/**
 * A pool of CPUs ({@code XEN_SYSCTL_CPUPOOL_OP_INFO}).
 *
 * @param id its number
 * @param schedulerId {@code XEN_SCHEDULER_*}
 * @param domains number of domains in it
 * @param cpus its CPUs
 */
public record PoolInfo(int id, int schedulerId, int domains, CpuSet cpus) {}
