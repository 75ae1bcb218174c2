// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.UUID;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;

/**
 * What Xen knows of a domain ({@code XEN_DOMCTL_getdomaininfo}).
 *
 * @param domid its number
 * @param flags {@code XEN_DOMINF_*}, and the shutdown reason in bits 16-23
 * @param totPages pages that it owns
 * @param maxPages pages that it may own
 * @param outstandingPages pages claimed and not yet taken
 * @param cpuTimeNanos CPU time used by all its vCPUs
 * @param onlineVcpus vCPUs that are up
 * @param maxVcpuId highest vCPU number; -1 while it has none
 * @param handle its UUID
 * @param emulationFlags {@code XEN_X86_EMU_*}: 1 for PVH, more for HVM, 0 for PV
 */
public record DomainInfo(
        int domid,
        int flags,
        long totPages,
        long maxPages,
        long outstandingPages,
        long cpuTimeNanos,
        int onlineVcpus,
        int maxVcpuId,
        UUID handle,
        int emulationFlags) {

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }

    public boolean dying() {
        return has(DomctlOp.DOMINF_DYING);
    }

    /** True for HVM and PVH. */
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
