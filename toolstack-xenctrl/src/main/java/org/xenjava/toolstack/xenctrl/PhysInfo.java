// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import org.xenjava.toolstack.xenctrl.abi.SysctlOp;

/**
 * The processors and the memory of the host ({@code XEN_SYSCTL_physinfo}).
 *
 * @param cpus number of physical CPUs
 * @param nodes number of NUMA nodes
 * @param cpuKhz frequency of the CPUs in kHz
 * @param capabilities {@code XEN_SYSCTL_PHYSCAP_*}
 * @param totalPages memory of the host
 * @param freePages free memory, without pages that Xen has yet to scrub
 * @param scrubPages freed memory that Xen has yet to scrub
 * @param outstandingPages pages that domains have claimed and not yet allocated
 */
public record PhysInfo(
        int cpus,
        int nodes,
        int cpuKhz,
        int capabilities,
        long totalPages,
        long freePages,
        long scrubPages,
        long outstandingPages) {

    /** Pages that a new claim can get: free pages and pages to scrub, without claimed ones. */
    public long availablePages() {
        return freePages + scrubPages - outstandingPages;
    }

    private boolean can(int capability) {
        return (capabilities & capability) != 0;
    }

    /** Whether the host has hardware-assisted paging. */
    public boolean hap() {
        return can(SysctlOp.PHYSCAP_HAP);
    }

    /** Whether Xen was built with shadow paging. */
    public boolean shadow() {
        return can(SysctlOp.PHYSCAP_SHADOW);
    }

    /** Whether HVM and PVH guests can run. */
    public boolean hvm() {
        return can(SysctlOp.PHYSCAP_HVM);
    }

    /** Whether Xen was built with PV guests. */
    public boolean pv() {
        return can(SysctlOp.PHYSCAP_PV);
    }

    /** Whether Xen has an IOMMU, so that devices can be passed through. */
    public boolean iommu() {
        return can(SysctlOp.PHYSCAP_DIRECTIO);
    }

    /** Whether the IOMMU of this host can use the page tables of guests. */
    public boolean sharedPageTables() {
        return can(SysctlOp.PHYSCAP_IOMMU_HAP_PT_SHARE);
    }

    /** Whether the processor can trace what a vCPU does. */
    public boolean vmtrace() {
        return can(SysctlOp.PHYSCAP_VMTRACE);
    }

    /** Whether guests may have performance counters. */
    public boolean vpmu() {
        return can(SysctlOp.PHYSCAP_VPMU);
    }

    /** Whether grant tables of version 2 are allowed. */
    public boolean grantTablesV2() {
        return can(SysctlOp.PHYSCAP_GNTTAB_V2);
    }
}
