// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.function.BooleanSupplier;

/**
 * How a host's memory management behaves where hosts or Xen releases differ.
 *
 * @param largestEntryOrder the largest entry that hardware-assisted paging supports: 0, 9 (2 MiB) or 18 (1 GiB)
 * @param preemptionPending whether an emergency sweep finds that its CPU is wanted for something else, and so may
 *     give up early (XSA-150)
 * @param outOfMemorySourceLine where Xen's source crashes a guest that is out of PoD memory, as its console says
 */
public record MemoryRules(int largestEntryOrder, BooleanSupplier preemptionPending, String outOfMemorySourceLine) {}
