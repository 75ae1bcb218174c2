// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import org.xenjava.toolstack.xenctrl.units.CpuSet;

/**
 * The physical CPUs of a vCPU.
 *
 * @param hard where it may run
 * @param soft where it should run
 */
public record Affinity(CpuSet hard, CpuSet soft) {}
