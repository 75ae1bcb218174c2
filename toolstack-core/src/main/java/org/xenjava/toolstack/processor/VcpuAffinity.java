// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.processor;

import org.xenjava.toolstack.xenctrl.units.CpuSet;

/**
 * The physical CPUs of a vCPU.
 *
 * @param hard where it may run
 * @param soft where it should run; without effect if it has no CPU in common with {@code hard}
 */
public record VcpuAffinity(CpuSet hard, CpuSet soft) {}
