// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The Xen host.
 *
 * @param xenVersion such as {@code 4.17.7}
 * @param cpus physical CPUs
 * @param cpuKhz their frequency in kHz
 * @param totalMemory memory of the host
 * @param freeMemory free memory, what waits to be scrubbed included
 * @param claimedMemory claimed by domains and not yet taken
 */
public record HostStatus(
        String xenVersion, int cpus, int cpuKhz, Pages totalMemory, Pages freeMemory, Pages claimedMemory) {}
