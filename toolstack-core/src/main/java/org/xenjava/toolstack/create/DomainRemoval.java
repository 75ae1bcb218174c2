// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Removes a domain from Xen and xenstore, with its device model and its devices. Every part may be gone already. */
public final class DomainRemoval {
    private static final Pattern DOMID = Pattern.compile("\\d{1,5}");

    private static final Logger LOG = LoggerFactory.getLogger(DomainRemoval.class);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final PvHost devices;
    private final DeviceModels deviceModels;

    public DomainRemoval(Xenctrl xenctrl, StoreClient store, PvHost devices, DeviceModels deviceModels) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.devices = devices;
        this.deviceModels = deviceModels;
    }

    /**
     * Stops the device model, detaches the devices, removes the domain's trees, then destroys it: in this order, as
     * libxl does, so that a watcher of the domain's end finds nothing left. After a failure the other parts are
     * removed nevertheless.
     *
     * @throws RuntimeException the first failure, with the others suppressed
     */
    public void remove(int domid, UUID uuid) {
        Undo.all(() -> deviceModels.stop(domid), () -> detachDevicesAndForget(domid, uuid), () -> destroy(domid));
    }

    /**
     * Detaches the devices and removes the trees. The trees stay if a device cannot be detached, because they record
     * it.
     */
    private void detachDevicesAndForget(int domid, UUID uuid) {
        devices.detachAll(domid);
        removeTrees(domid, uuid);
    }

    /**
     * Removes what an earlier removal left of a domain that Xen no longer has. Nodes of a domain that has the number
     * or the UUID now, as after a reboot, stay.
     */
    public void removeLeftovers(int domid, UUID uuid) {
        boolean takenOver = xenctrl.domains().list().stream()
                .anyMatch(info ->
                        !info.dying() && (info.domid() == domid || info.handle().equals(uuid)));
        boolean left = store.read(new DomainPaths(domid).of("vm"))
                .filter(DomainPaths.vm(uuid)::equals)
                .isPresent();
        if (left && !takenOver) {
            forget(domid, uuid);
        }
    }

    private void forget(int domid, UUID uuid) {
        Undo.all(() -> deviceModels.stop(domid), () -> detachDevicesAndForget(domid, uuid));
    }

    /** Removes all nodes of the domain. */
    void removeTrees(int domid, UUID uuid) {
        store.inTransaction(transaction -> {
            new DomainPaths(domid).all(uuid).forEach(transaction::removeWithEmptyParents);
            return domid;
        });
    }

    /** Destroys a domain that createdomain made although its answer was lost: one with this UUID and without memory. */
    void destroyNewborn(UUID uuid) {
        xenctrl.domains().list().stream()
                .filter(info -> info.handle().equals(uuid) && info.totPages() == 0)
                .forEach(info -> destroy(info.domid()));
    }

    /** Removes the nodes of domains with this UUID, none of which exists any more. */
    void removeLeftovers(UUID uuid) {
        List<String> entries = store.list(DomainPaths.DOMAINS);
        for (String entry : entries.stream().filter(DOMID.asMatchPredicate()).toList()) {
            DomainPaths paths = new DomainPaths(Integer.parseInt(entry));
            if (store.read(paths.of("vm")).filter(DomainPaths.vm(uuid)::equals).isPresent()) {
                forget(paths.domid(), uuid);
            }
        }
    }

    /** Destroys the domain. Does nothing if there is none. */
    void destroy(int domid) {
        try {
            xenctrl.domains().destroy(domid);
        } catch (HypercallException e) {
            if (!e.errno().equals(Errno.ESRCH)) {
                throw e;
            }
            LOG.debug("domain {} is gone already", domid);
        }
    }
}
