// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The state of the Xen host.
 *
 * @param xenVersion version of Xen, such as {@code 4.17.7}
 * @param cpus number of physical CPUs
 * @param cpuKhz frequency of the CPUs in kHz
 * @param totalMemory memory of the host
 * @param freeMemory free memory, including pages that Xen has yet to scrub
 * @param claimedMemory memory that domains have claimed and not yet taken
 */
public record HostStatus(
        String xenVersion, int cpus, int cpuKhz, Pages totalMemory, Pages freeMemory, Pages claimedMemory) {}
