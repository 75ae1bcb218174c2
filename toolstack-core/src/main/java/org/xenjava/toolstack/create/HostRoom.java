// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Refuses a guest that the host's memory cannot hold before a file of the guest is read. */
final class HostRoom {
    private static final int CONTROL_DOMAIN = 0;

    private final Xenctrl xenctrl;

    HostRoom(Xenctrl xenctrl) {
        this.xenctrl = xenctrl;
    }

    /**
     * Compares what the build takes with what is free now. The build claims its memory in addition, since another build
     * may come first.
     *
     * @throws HostMemoryException if too little is free and unclaimed
     */
    void require(MemoryPlan memory, String name) {
        Pages needed = memory.claim().plus(Pages.holding(memory.pagingPoolBytes()));
        Pages available = Pages.of(Math.max(0, xenctrl.host().physInfo().availablePages()));
        if (needed.isMoreThan(available)) {
            Pages controlDomain = xenctrl.domains()
                    .info(CONTROL_DOMAIN)
                    .map(DomainInfo::totPages)
                    .map(Pages::of)
                    .orElse(Pages.ZERO);
            throw new HostMemoryException(
                    "building domain " + name + ": the host cannot give " + mib(needed) + " MiB of memory: "
                            + mib(available)
                            + " MiB are free and unclaimed, and domain 0 has " + mib(controlDomain)
                            + " MiB; nothing was taken. Make domain 0 or another domain smaller, or ask for less",
                    new HostMemoryException.Shortage(needed.count(), available.count(), controlDomain.count()));
        }
    }

    private static long mib(Pages pages) {
        return pages.toKiB().toMiB();
    }
}
