// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import org.xenjava.toolstack.xenctrl.abi.SysctlOp;

/**
 * The host ({@code XEN_SYSCTL_physinfo}).
 *
 * @param cpus physical CPUs
 * @param cpuKhz their frequency in kHz
 * @param capabilities {@code XEN_SYSCTL_PHYSCAP_*}
 * @param totalPages memory of the host
 * @param freePages free memory, without what waits to be scrubbed
 * @param scrubPages freed memory that waits to be scrubbed
 * @param outstandingPages pages claimed by domains and not yet taken
 */
public record PhysInfo(
        int cpus,
        int cpuKhz,
        int capabilities,
        long totalPages,
        long freePages,
        long scrubPages,
        long outstandingPages) {

    /** Pages that a new claim can get: free or about to be scrubbed, and not claimed by a domain. */
    public long availablePages() {
        return freePages + scrubPages - outstandingPages;
    }

    private boolean can(int capability) {
        return (capabilities & capability) != 0;
    }

    /** Hardware-assisted paging, which PVH and HVM guests use here. */
    public boolean hap() {
        return can(SysctlOp.PHYSCAP_HAP);
    }

    /** Shadow paging: Xen was built with it. */
    public boolean shadow() {
        return can(SysctlOp.PHYSCAP_SHADOW);
    }

    /** HVM and PVH guests can run. */
    public boolean hvm() {
        return can(SysctlOp.PHYSCAP_HVM);
    }

    /** Grant tables of version 2 are allowed. */
    public boolean grantTablesV2() {
        return can(SysctlOp.PHYSCAP_GNTTAB_V2);
    }
}
