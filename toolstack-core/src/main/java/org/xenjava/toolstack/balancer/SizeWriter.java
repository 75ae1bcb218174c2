// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.util.concurrent.atomic.AtomicBoolean;
import org.xenjava.toolstack.balance.BalancePolicy;
import org.xenjava.toolstack.balance.GuestSnapshot;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Sets sizes. A guest that shrinks gets its target first, and its max_mem when it has given the memory up. A guest that
 * grows gets max_mem first, under a claim on the memory, then its target. A size that another process has set since the
 * look stays.
 */
final class SizeWriter {
    private final BalancerParts parts;
    private final Pages reserve;

    SizeWriter(BalancerParts parts, BalancePolicy policy) {
        this.parts = parts;
        this.reserve = policy.reserve().toPages();
    }

    /** Sets a size; false if another process or thread has changed the domain, or is changing it. */
    boolean set(GuestSnapshot guest, KiB from, KiB to) {
        AtomicBoolean done = new AtomicBoolean();
        parts.lock().tryExclusively(guest.domid(), () -> done.set(setLocked(guest, from, to)));
        return done.get();
    }

    private boolean setLocked(GuestSnapshot guest, KiB from, KiB to) {
        DomainPaths paths = new DomainPaths(guest.domid());
        String text = new BalanceRecord(Pages.of(guest.basePages()).toKiB(), to).text();
        if (guest.domid() == 0) {
            return parts.controlDomainSize()
                    .move(from, to, transaction -> transaction.write(BalanceNodes.record(paths), text));
        }
        return parts.xenctrl()
                .domains()
                .info(guest.domid())
                .filter(info -> !info.dying() && info.handle().equals(guest.uuid()))
                .filter(info -> parts.resize()
                        .move(
                                info,
                                from,
                                to,
                                reserve,
                                transaction -> transaction.write(BalanceNodes.record(paths), text)))
                .isPresent();
    }

    /** Releases the claim of a process that ended while it grew the domain. */
    void releaseAbandonedClaim(DomainInfo info) {
        parts.lock().tryExclusively(info.domid(), () -> parts.resize().releaseAbandonedClaim(info));
    }

    /** Lowers max_mem of a guest that has given memory up. */
    void confine(DomainInfo info) {
        parts.lock().tryExclusively(info.domid(), () -> parts.resize().confine(info));
    }
}
