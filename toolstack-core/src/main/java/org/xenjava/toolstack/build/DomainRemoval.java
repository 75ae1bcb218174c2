// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.build;

import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Takes a domain away: from Xen, and from xenstore. Every part may be gone already. */
public final class DomainRemoval {
    private static final Logger LOG = LoggerFactory.getLogger(DomainRemoval.class);

    private final Xenctrl xenctrl;
    private final StoreClient store;

    public DomainRemoval(Xenctrl xenctrl, StoreClient store) {
        this.xenctrl = xenctrl;
        this.store = store;
    }

    /**
     * Removes the domain's trees, then destroys it: in this order, as libxl does, since a watcher that hears of the
     * death should find nothing left.
     *
     * @throws HypercallException if Xen refuses to destroy it; its trees are gone then
     */
    public void remove(int domid, UUID uuid) {
        RuntimeException storeFailure = null;
        try {
            removeTrees(domid, uuid);
        } catch (RuntimeException e) {
            // A broken xenstored must not keep the domain alive.
            storeFailure = e;
        }
        destroy(domid);
        if (storeFailure != null) {
            throw storeFailure;
        }
    }

    /**
     * Removes what an earlier removal left in xenstore of a domain that is gone. What belongs to a domain that has the
     * number or the UUID now, as after a reboot, stays.
     */
    public void removeLeftovers(int domid, UUID uuid) {
        boolean takenOver = xenctrl.domains().stream()
                .anyMatch(info ->
                        !info.dying() && (info.domid() == domid || info.handle().equals(uuid)));
        boolean left = store.read(new DomainPaths(domid).of("vm"))
                .filter(DomainPaths.vm(uuid)::equals)
                .isPresent();
        if (left && !takenOver) {
            removeTrees(domid, uuid);
        }
    }

    /** Removes all that xenstore holds of the domain. */
    void removeTrees(int domid, UUID uuid) {
        store.inTransaction(transaction -> {
            new DomainPaths(domid).all(uuid).forEach(transaction::removeWithEmptyParents);
            return domid;
        });
    }

    /**
     * Destroys what createdomain has made although its answer got lost: a domain with this UUID that has no memory yet.
     */
    void destroyNewborn(UUID uuid) {
        xenctrl.domains().stream()
                .filter(info -> info.handle().equals(uuid) && info.totPages() == 0)
                .forEach(info -> destroy(info.domid()));
    }

    /** Removes trees that name this UUID although no such domain exists any more. */
    void removeTreesOf(UUID uuid) {
        for (String entry : store.list(DomainPaths.DOMAINS)) {
            DomainPaths paths = new DomainPaths(Integer.parseInt(entry));
            if (store.read(paths.of("vm")).filter(DomainPaths.vm(uuid)::equals).isPresent()) {
                removeTrees(paths.domid(), uuid);
            }
        }
    }

    /** Destroys the domain; nothing happens if there is none. */
    void destroy(int domid) {
        try {
            xenctrl.destroyDomain(domid);
        } catch (HypercallException e) {
            if (!e.errno().equals(Errno.ESRCH)) {
                throw e;
            }
            LOG.debug("domain {} was gone already", domid);
        }
    }
}
