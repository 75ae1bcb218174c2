// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Host memory that is reserved for a domain until the domain has taken it. Without a claim, Xen allocates until the
 * host is empty and then fails: an {@code xl mem-set} that the host cannot satisfy leaves it with 0 MB free (measured
 * on Xen 4.17).
 */
public final class HostClaim {
    private final Xenctrl xenctrl;
    private final int domid;
    private final String attempt;
    private boolean held;

    /** @param attempt beginning of messages, such as {@code "building domain web-1"} */
    public HostClaim(Xenctrl xenctrl, int domid, String attempt) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.attempt = attempt;
    }

    /**
     * Claims the pages that the domain lacks of {@code total}. Does nothing if it lacks none.
     *
     * @param total pages that the domain will own, at most its max_pages
     * @param owned pages that the domain owns now
     * @throws HostMemoryException if the host has too little memory; nothing was taken
     */
    public void take(Pages total, long owned) {
        if (total.count() <= owned) {
            return;
        }
        // After any other errno the claim may exist, because only the answer was lost.
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

    /** Releases the rest of the claim. */
    public void release() {
        if (held) {
            held = false;
            releaseAny();
        }
    }

    /** Releases a claim of the domain that a process has left which is dead. */
    void releaseAny() {
        xenctrl.memory().claimPages(domid, Pages.ZERO);
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
