// SPDX-License-Identifier: Apache-2.0
/**
 * Values that every module uses. Amounts of memory, with a type for each unit, from the configuration file to the hypercall:
 * {@link org.xenjava.toolstack.xenctrl.units.KiB}, {@link org.xenjava.toolstack.xenctrl.units.Pages} of 4 KiB, and
 * {@link org.xenjava.toolstack.xenctrl.units.PodCounters}, the populate-on-demand counters of one domain. Sets of CPUs,
 * {@link org.xenjava.toolstack.xenctrl.units.CpuSet}, and the schedulers of Xen.
 */
@NullMarked
package org.xenjava.toolstack.xenctrl.units;

import org.jspecify.annotations.NullMarked;
