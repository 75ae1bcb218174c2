// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Host memory set aside for a domain while it takes it. Without a claim, Xen hands out what it has and fails at the
 * last page with everything gone: an {@code xl mem-set} that the host cannot back leaves it with 0 MB free (measured
 * on Xen 4.17).
 */
public final class HostClaim {
    private final Xenctrl xenctrl;
    private final int domid;
    private final String attempt;
    private boolean held;

    /** @param attempt what the memory is for, such as {@code "building domain web-1"}: messages begin with it */
    public HostClaim(Xenctrl xenctrl, int domid, String attempt) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.attempt = attempt;
    }

    /**
     * Claims what the domain lacks of {@code total}; nothing happens if it lacks nothing.
     *
     * @param total pages that the domain will own, at most its max_pages
     * @param owned pages that it owns now
     * @throws HostMemoryException if the host has not as much; nothing was taken
     */
    public void take(Pages total, long owned) {
        if (total.count() <= owned) {
            return;
        }
        // With any errno but these two the claim may have been taken, and the answer lost.
        held = true;
        try {
            xenctrl.memory().claimPages(domid, total);
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ENOMEM)) {
                held = false;
                throw tooLittle(total.count() - owned, e);
            }
            if (e.errno().equals(Errno.EINVAL)) {
                held = false;
                throw new DomainStateException(
                        attempt + ": domain " + domid
                                + " has a claim on host memory already: another resize or build is under way",
                        e);
            }
            throw e;
        }
    }

    /** Gives back what is left of the claim. */
    public void release() {
        if (held) {
            held = false;
            xenctrl.memory().claimPages(domid, Pages.ZERO);
        }
    }

    private HostMemoryException tooLittle(long needed, HypercallException cause) {
        Pages missing = Pages.of(needed);
        Pages free = Pages.of(xenctrl.host().physInfo().availablePages());
        return new HostMemoryException(
                attempt + ": the host cannot give " + needed + " more pages ("
                        + missing.toKiB().toMiB() + " MiB): "
                        + free + " (" + free.toKiB().toMiB() + " MiB) are free and unclaimed; nothing was taken. "
                        + "Free memory on the host, or ask for less",
                cause);
    }
}
