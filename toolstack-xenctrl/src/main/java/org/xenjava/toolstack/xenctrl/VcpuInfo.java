// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

/**
 * The state of a vCPU ({@code XEN_DOMCTL_getvcpuinfo}).
 *
 * @param online whether it is up
 * @param blocked whether it waits for an event
 * @param running whether it runs at this moment
 * @param cpuTimeNanos time for which it has run
 * @param cpu the physical CPU on which it ran last; of no meaning if it is not up
 */
public record VcpuInfo(boolean online, boolean blocked, boolean running, long cpuTimeNanos, int cpu) {}
