// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.pci.PciHost;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.operation.StepRunner;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.RemovalStep;
import org.xenjava.toolstack.save.SuspendedGuest;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.userdata.Userdata;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Removes domains: from Xen, from xenstore, with their device model and their devices. Every part may be gone already. A
 * removal that fails, or whose process is killed, is recorded and can be finished by any process.
 */
public final class DomainRemoval {
    private static final Logger LOG = LoggerFactory.getLogger(DomainRemoval.class);

    /** Each try but the first follows a device that another process attached during the removal. */
    private static final int MAX_TRIES = 3;

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final PvHost devices;
    private final PciHost pci;
    private final DeviceModels deviceModels;
    private final DomainJournal journal;
    private final Userdata userdata;

    /**
     * @param pci takes PCI devices back
     * @param processes signs the removals under way
     * @param userdata libxl's files of the domains
     */
    public DomainRemoval(
            Xenctrl xenctrl,
            StoreClient store,
            PvHost devices,
            PciHost pci,
            DeviceModels deviceModels,
            ProcessIdentity processes,
            Userdata userdata) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.devices = devices;
        this.pci = pci;
        this.deviceModels = deviceModels;
        this.journal = DomainJournal.ofRemovals(store, processes);
        this.userdata = userdata;
    }

    DomainJournal journal() {
        return journal;
    }

    /**
     * Destroys a domain and removes all that belongs to it, or what an earlier removal left of it. What belongs to a
     * domain that has the number or the UUID now, as after a reboot, stays.
     *
     * @return whether Xen had the domain
     * @throws RuntimeException the first failure, with the others suppressed; the removal is recorded as unfinished
     */
    public boolean remove(int domid, UUID uuid) {
        DomainJournal.Entry entry = new DomainJournal.Entry(domid, uuid);
        return Undo.onFailure(() -> remove(entry), () -> journal.giveUp(entry));
    }

    /**
     * Removes a domain as {@link #remove(int, UUID)} does. The UUID's tree stays if another domain has the UUID, as when
     * a guest has migrated within the host.
     */
    public void removeTwin(int domid, UUID uuid) {
        DomainJournal.Entry entry = new DomainJournal.Entry(domid, uuid);
        Undo.onFailure(
                () -> {
                    Optional<DomainInfo> known = known(entry);
                    if (known.isPresent() && hasTwin(entry)) {
                        run(entry, Extent.TWIN, known);
                    } else {
                        remove(entry);
                    }
                },
                () -> journal.giveUp(entry));
    }

    private Optional<DomainInfo> known(DomainJournal.Entry entry) {
        return xenctrl.domains()
                .info(entry.domid())
                .filter(info -> !info.dying() && info.handle().equals(entry.uuid()));
    }

    private boolean hasTwin(DomainJournal.Entry entry) {
        return xenctrl.domains().list().stream()
                .anyMatch(info -> !info.dying()
                        && info.domid() != entry.domid()
                        && info.handle().equals(entry.uuid()));
    }

    private boolean remove(DomainJournal.Entry entry) {
        Optional<DomainInfo> there = xenctrl.domains().info(entry.domid()).filter(info -> !info.dying());
        Optional<DomainInfo> known = there.filter(info -> info.handle().equals(entry.uuid()));
        if (known.isPresent()) {
            // A guest that was given away within the host has a twin. Others need no list of all domains.
            boolean twin = known.filter(SuspendedGuest::isSuspended).isPresent() && hasTwin(entry);
            run(entry, twin ? Extent.TWIN : Extent.DOMAIN, known);
        } else if (there.isEmpty() && isLeft(entry.domid(), entry.uuid())) {
            run(entry, hasSuccessor(entry.uuid()) ? Extent.PREDECESSOR : Extent.LEFTOVERS, Optional.empty());
        } else if (journal.contains(entry)) {
            userdata.remove(entry.domid(), entry.uuid());
            journal.end(entry);
        }
        return known.isPresent();
    }

    /** The extent of a removal. */
    private enum Extent {
        /** A domain of Xen with all that belongs to it. */
        DOMAIN,
        /** A domain of Xen, while another domain has the UUID. */
        TWIN,
        /** What is left of a domain that is gone from Xen. */
        LEFTOVERS,
        /** The same, while another domain has the UUID. */
        PREDECESSOR
    }

    /** The nodes are the domain's if they name its UUID, or none any more. */
    private boolean isLeft(int domid, UUID uuid) {
        DomainPaths paths = new DomainPaths(domid);
        return store.read(paths.of("vm"))
                .map(DomainPaths.vm(uuid)::equals)
                .orElseGet(() ->
                        store.direct().exists(paths.libxl()) || store.direct().exists(paths.root()));
    }

    private boolean hasSuccessor(UUID uuid) {
        return xenctrl.domains().list().stream()
                .anyMatch(info -> !info.dying() && info.handle().equals(uuid));
    }

    private void run(DomainJournal.Entry entry, Extent extent, Optional<DomainInfo> known) {
        StepRunner<RemovalStep> runner = new StepRunner<>(
                "destroying domain " + entry.domid(), (step, number, total, phase) -> {}, new Cancellation());
        runner.runAll(Recipes.removal(new Removal(entry, extent, known)));
    }

    /** The actions of the steps of one removal. */
    final class Removal {
        private final DomainJournal.Entry entry;
        private final Extent extent;
        private final boolean isParavirtual;
        private boolean mayHavePciDevices = true;

        private Removal(DomainJournal.Entry entry, Extent extent, Optional<DomainInfo> known) {
            this.entry = entry;
            this.extent = extent;
            this.isParavirtual = known.filter(info -> !info.hvm()).isPresent();
        }

        boolean isKnownToXen() {
            return extent == Extent.DOMAIN || extent == Extent.TWIN;
        }

        void begin() {
            journal.begin(entry);
        }

        void pause() {
            unlessGone(entry.domid(), () -> xenctrl.domains().pause(entry.domid()));
        }

        void stopDeviceModel() {
            boolean hadDeviceModel = deviceModels.stop(entry.domid());
            mayHavePciDevices = hadDeviceModel || isParavirtual;
            if (hadDeviceModel && extent != Extent.TWIN && extent != Extent.PREDECESSOR) {
                removeSockets();
            }
        }

        /** A twin or a successor listens on the same sockets. */
        private void removeSockets() {
            try {
                StoredConfig.read(store.direct(), new DomainPaths(entry.domid()).storedConfig())
                        .ifPresent(deviceModels::removeSockets);
            } catch (ConfigException e) {
                LOG.warn("domain {}: its sockets are left, since its configuration is damaged", entry.domid(), e);
            }
        }

        /** Other guests than those with QEMU and PV guests have no PCI devices, so xenstore is not asked. */
        void detachDevices() {
            Undo.all(
                    () -> {
                        if (mayHavePciDevices) {
                            pci.withdrawUnmarked(entry.domid());
                        }
                    },
                    () -> devices.detachAll(entry.domid()));
        }

        void removeNodes() {
            DomainRemoval.this.removeNodes(entry.domid(), trees());
        }

        private List<String> trees() {
            DomainPaths paths = new DomainPaths(entry.domid());
            return extent == Extent.PREDECESSOR || extent == Extent.TWIN
                    ? paths.besidesRoot()
                    : paths.besidesRoot(entry.uuid());
        }

        void removeStoredConfig() {
            userdata.remove(entry.domid(), entry.uuid());
        }

        void destroy() {
            DomainRemoval.this.destroy(entry.domid());
        }

        void releasePci() {
            pci.release(entry.domid());
        }

        void end() {
            journal.end(entry);
        }
    }

    /** Removes all that xenstore holds of a domain. */
    void removeNodes(int domid, UUID uuid) {
        removeNodes(domid, new DomainPaths(domid).besidesRoot(uuid));
    }

    /**
     * The domain's own tree goes last, since it leads from the UUID to the number, and outside of the transaction, since
     * the guest can write some of its nodes.
     */
    private void removeNodes(int domid, List<String> trees) {
        for (int tries = 1; !removeUnlessThereAreDevices(domid, trees); tries++) {
            if (tries == MAX_TRIES) {
                throw new DeviceException("removing domain " + domid + ": another process attaches devices to it");
            }
            devices.detachAll(domid);
        }
        store.direct().remove(new DomainPaths(domid).root());
    }

    /** Once the trees are gone, no process can attach another device. */
    private boolean removeUnlessThereAreDevices(int domid, List<String> trees) {
        return store.inTransaction(transaction -> {
            boolean free = !devices.areThereAny(transaction, domid);
            if (free) {
                transaction.removeAllWithEmptyParents(trees);
            }
            return free;
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
        store.list(DomainPaths.DOMAINS).stream()
                .map(DomainPaths::named)
                .flatMap(Optional::stream)
                .filter(paths -> store.read(paths.of("vm"))
                        .filter(DomainPaths.vm(uuid)::equals)
                        .isPresent())
                .forEach(paths -> remove(paths.domid(), uuid));
    }

    /** Destroys the domain. Does nothing if there is none. */
    void destroy(int domid) {
        unlessGone(domid, () -> xenctrl.domains().destroy(domid));
    }

    private static void unlessGone(int domid, Runnable call) {
        try {
            call.run();
        } catch (HypercallException e) {
            if (!e.errno().equals(Errno.ESRCH)) {
                throw e;
            }
            LOG.debug("domain {} is gone already", domid);
        }
    }
}
