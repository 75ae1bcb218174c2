// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.UUID;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;

/**
 * Xen's information about a domain ({@code XEN_DOMCTL_getdomaininfo}).
 *
 * @param domid number of the domain
 * @param flags {@code XEN_DOMINF_*}, and the shutdown reason in bits 16-23
 * @param totPages pages that the domain owns
 * @param maxPages pages that the domain may own
 * @param outstandingPages pages claimed and not yet allocated
 * @param sharedPages pages that the domain shares with others (memory sharing)
 * @param cpuTimeNanos CPU time of all vCPUs
 * @param onlineVcpus number of vCPUs that are up
 * @param maxVcpuId highest number of a vCPU; -1 without vCPUs
 * @param handle UUID of the domain
 * @param label number of its security label ({@code ssidref})
 * @param pool number of its pool of CPUs
 * @param emulationFlags {@code XEN_X86_EMU_*}: 1 for PVH, more for HVM, 0 for PV
 */
public record DomainInfo(
        int domid,
        int flags,
        long totPages,
        long maxPages,
        long outstandingPages,
        long sharedPages,
        long cpuTimeNanos,
        int onlineVcpus,
        int maxVcpuId,
        UUID handle,
        int label,
        int pool,
        int emulationFlags) {

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }

    public boolean dying() {
        return has(DomctlOp.DOMINF_DYING);
    }

    /** Whether the domain is HVM or PVH. */
    public boolean hvm() {
        return has(DomctlOp.DOMINF_HVM_GUEST);
    }

    public boolean shutdown() {
        return has(DomctlOp.DOMINF_SHUTDOWN);
    }

    public boolean paused() {
        return has(DomctlOp.DOMINF_PAUSED);
    }

    public boolean blocked() {
        return has(DomctlOp.DOMINF_BLOCKED);
    }

    public boolean running() {
        return has(DomctlOp.DOMINF_RUNNING);
    }

    /** {@code SHUTDOWN_*} of {@code public/sched.h}: 0 power-off, 1 reboot, 2 suspend, 3 crash, 4 watchdog. */
    public int shutdownReason() {
        return (flags >>> DomctlOp.DOMINF_SHUTDOWN_SHIFT) & 0xff;
    }
}
