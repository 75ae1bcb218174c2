// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.function.BooleanSupplier;

/**
 * The properties of memory management in which hosts and Xen releases differ.
 *
 * @param largestEntryOrder the largest entry that hardware-assisted paging supports: 0, 9 (2 MiB) or 18 (1 GiB)
 * @param preemptionPending asked during an emergency sweep: whether other work waits for the CPU, so that the sweep
 *     may give up early (XSA-150)
 * @param outOfMemorySourceLine the line of Xen's source, on its console, that crashes a guest without PoD memory
 */
public record MemoryRules(int largestEntryOrder, BooleanSupplier preemptionPending, String outOfMemorySourceLine) {}
