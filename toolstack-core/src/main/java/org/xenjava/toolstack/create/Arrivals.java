// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.device.plan.NamedSockets;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.GuestNames;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.text.UuidText;
import org.xenjava.toolstack.userdata.Userdata;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/**
 * Guests that arrive from another host. A domain is built under a UUID of its own, so that the record of its build never
 * concerns the guest's present domain, which may be on this host. With the sender's permission the domain gets the
 * guest's UUID: from then on this host has the guest, and another process completes the arrival if this one is killed.
 */
public final class Arrivals {
    private static final Logger LOG = LoggerFactory.getLogger(Arrivals.class);
    private static final String NAME = "/name";
    private static final String BUILT_AS = "/built-as";
    private static final String PAUSED = "/paused";

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final DomainRemoval removal;
    private final Userdata userdata;
    private final DomainJournal entries;
    private final IntConsumer disks;
    private final IntConsumer devices;

    /**
     * @param removal removes domains whose guest stays where it was
     * @param processes signs the entries
     * @param userdata libxl's files of the domains
     * @param disks fails if a back end has refused a disk of a domain, or cannot open one that it opens only now
     * @param devices lets the emulated devices of a domain run, and fails if they cannot
     */
    public Arrivals(
            Xenctrl xenctrl,
            StoreClient store,
            DomainRemoval removal,
            ProcessIdentity processes,
            Userdata userdata,
            IntConsumer disks,
            IntConsumer devices) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.removal = removal;
        this.userdata = userdata;
        this.entries = DomainJournal.ofArrivals(store, processes);
        this.disks = disks;
        this.devices = devices;
    }

    /**
     * A domain that has all of a guest and does not run.
     *
     * @param domid number of the domain
     * @param builtAs UUID of the domain until the guest is taken over
     * @param uuid UUID of the guest
     * @param name name of the guest
     * @param note the record of the build, which is still open
     */
    public record Received(int domid, UUID builtAs, UUID uuid, String name, BuildJournal.Note note) {
        private DomainJournal.Entry entry() {
            return new DomainJournal.Entry(domid, uuid);
        }
    }

    /**
     * A guest that is still elsewhere, and whose domain is being built.
     *
     * @param uuid UUID of the guest
     * @param guest the guest, by the number of its domain
     * @param start whether the guest runs when it is taken over
     * @param arrivals records it
     */
    record Expected(UUID uuid, IntFunction<Received> guest, ReceivedStart start, Arrivals arrivals) {
        void record(int domid) {
            arrivals.expect(guest.apply(domid), start);
        }

        void forget(int domid) {
            arrivals.forget(guest.apply(domid));
        }
    }

    /**
     * Refuses a guest whose name another one has, before its memory is received. On one host, the domain that the guest
     * leaves has its name too.
     *
     * @throws DomainExistsException if another guest has the name
     */
    public void requireFreeName(String name, UUID uuid) {
        List<DomainInfo> others = xenctrl.domains().list().stream()
                .filter(info -> !info.dying() && !info.handle().equals(uuid))
                .toList();
        List<Optional<String>> names = store.direct()
                .readAll(others.stream()
                        .map(info -> new DomainPaths(info.domid()).name())
                        .toList());
        int taken = names.indexOf(Optional.of(name));
        if (taken >= 0) {
            throw new DomainExistsException(
                    "domain " + others.get(taken).domid() + " has the name '" + name + "' of the guest that arrives");
        }
    }

    /**
     * Refuses a guest that is to keep its domid if a domain has it, before its memory is received. A domain counts until Xen
     * has freed all of it.
     *
     * @throws DomainExistsException if a domain has the domid
     */
    public void requireFreeDomid(int domid) {
        if (xenctrl.domains().info(domid).isPresent()) {
            String name = store.read(new DomainPaths(domid).name())
                    .map(found -> " '" + found + "'")
                    .orElse("");
            throw new DomainExistsException("domid " + domid + ", which the guest is to keep, is used by domain" + name
                    + " of this host; migrate without keeping the domid (-D)");
        }
    }

    /**
     * Refuses a guest that migrates within this host, and whose QEMU serves a socket that the configuration names.
     *
     * @throws DomainStateException if there is such a socket
     */
    public void requireFreeSockets(DomainConfig config, UUID uuid) {
        List<Path> used = NamedSockets.of(config).stream().filter(Files::exists).toList();
        boolean isHere = !used.isEmpty()
                && xenctrl.domains().list().stream()
                        .anyMatch(info -> !info.dying() && info.handle().equals(uuid));
        if (isHere) {
            throw new DomainStateException("the guest's QEMU on this host serves the socket " + used.get(0)
                    + ", which a second QEMU would take away: such a guest cannot migrate within one host");
        }
    }

    /** Records a guest that is being received. The record means nothing until the domain has the guest's UUID. */
    private void expect(Received guest, ReceivedStart start) {
        DomainJournal.Entry entry = guest.entry();
        String path = entries.path(entry);
        entries.begin(entry);
        store.inTransaction(transaction -> {
            transaction.write(path + NAME, guest.name());
            transaction.write(path + BUILT_AS, guest.builtAs().toString());
            if (start == ReceivedStart.PAUSED) {
                transaction.write(path + PAUSED, "");
            }
            return path;
        });
    }

    /** Removes the record of a guest that was not received. */
    private void forget(Received guest) {
        Undo.onFailure(() -> entries.end(guest.entry()), () -> entries.giveUp(guest.entry()));
    }

    /**
     * Takes a guest over that is expected, and lets it run.
     *
     * @throws DomainExistsException if another domain runs the guest, or has its name
     * @throws org.xenjava.toolstack.error.DeviceException if a back end has refused a disk since it was attached
     */
    public void takeOver(Received guest, ReceivedStart start) {
        requireNoRunningTwin(guest);
        // Once the domain has the UUID, the sender takes the guest for received, so that its disks must be open before.
        disks.accept(guest.domid());
        if (start == ReceivedStart.RUNNING) {
            // The sender has given up the disks. It takes the guest for received once the domain has the UUID.
            devices.accept(guest.domid());
        }
        setHandle(guest);
        rename(guest.entry(), guest.name(), guest.builtAs());
        if (start == ReceivedStart.RUNNING) {
            unpause(guest.domid());
        }
        LOG.debug("domain {} was taken over", guest.domid());
        close(guest);
    }

    private void requireNoRunningTwin(Received guest) {
        xenctrl.domains().list().stream()
                .filter(info -> info.handle().equals(guest.uuid()) && !info.dying() && !info.shutdown())
                .findFirst()
                .ifPresent(twin -> {
                    throw new DomainExistsException("domain " + twin.domid() + " runs and has the UUID " + guest.uuid()
                            + " of the guest that arrives");
                });
    }

    private void setHandle(Received guest) {
        try {
            xenctrl.domains().setHandle(guest.domid(), guest.uuid());
        } catch (HypercallException e) {
            if (!has(guest.entry())) {
                throw e;
            }
            LOG.debug("domain {} has its UUID although the call failed", guest.domid(), e);
        }
    }

    private boolean has(DomainJournal.Entry entry) {
        return info(entry.domid())
                .filter(info -> info.handle().equals(entry.uuid()))
                .isPresent();
    }

    private Optional<DomainInfo> info(int domid) {
        return xenctrl.domains().info(domid).filter(info -> !info.dying());
    }

    /** Gives the domain the guest's name and the trees of its UUID. Does nothing if it has them. */
    private void rename(DomainJournal.Entry entry, String name, UUID builtAs) {
        DomainPaths paths = new DomainPaths(entry.domid());
        String vm = DomainPaths.vm(entry.uuid());
        String before = DomainPaths.vm(builtAs);
        store.names()
                .renaming(
                        entry.domid(),
                        () -> store.inTransaction(transaction -> {
                            GuestNames.requireFree(transaction, entry.domid(), name);
                            transaction
                                    .read(before + "/start_time")
                                    .ifPresent(time -> transaction.write(vm + "/start_time", time));
                            transaction.write(vm + "/name", name);
                            transaction.write(vm + "/uuid", entry.uuid().toString());
                            transaction.setPermissions(vm, new StorePermissions(entry.domid()).guestReads());
                            transaction.write(paths.of("vm"), vm);
                            transaction.write(paths.name(), name);
                            transaction.remove(paths.arriving());
                            transaction.removeAllWithEmptyParents(List.of(before));
                            return name;
                        }));
    }

    private void unpause(int domid) {
        try {
            xenctrl.domains().unpause(domid);
        } catch (HypercallException e) {
            boolean paused = info(domid)
                    .map(DomainInfo::paused)
                    .orElseThrow(() -> new DomainGoneException("domain " + domid + " is gone"));
            if (paused) {
                throw e;
            }
            LOG.debug("domain {} runs although the call failed", domid, e);
        }
    }

    /** The guest runs here: what cannot be noted now is found by the next process. */
    private void close(Received guest) {
        try {
            userdata.move(guest.domid(), guest.builtAs(), guest.uuid());
            guest.note().close();
            entries.end(guest.entry());
        } catch (RuntimeException e) {
            LOG.warn("domain {}: the record of its arrival cannot be removed: {}", guest.domid(), e.getMessage());
            giveUp(guest);
        }
    }

    private void giveUp(Received guest) {
        try {
            Undo.all(guest.note()::giveUp, () -> entries.giveUp(guest.entry()));
        } catch (RuntimeException e) {
            LOG.debug("domain {}: the record of its arrival stays", guest.domid(), e);
        }
    }

    /** Removes a domain whose guest has not run in it. */
    public void abandon(Received guest) {
        Undo.onFailure(
                () -> {
                    if (has(guest.entry())) {
                        removal.removeTwin(guest.domid(), guest.uuid());
                        store.inTransaction(transaction -> {
                            transaction.removeAllWithEmptyParents(List.of(DomainPaths.vm(guest.builtAs())));
                            return guest;
                        });
                        userdata.remove(guest.domid(), guest.builtAs());
                    } else {
                        removal.remove(guest.domid(), guest.builtAs());
                    }
                    guest.note().close();
                    entries.end(guest.entry());
                },
                () -> giveUp(guest));
    }

    /** Arrivals that nobody works on. */
    List<DomainJournal.Entry> unfinished() {
        return entries.unfinished();
    }

    /** Completes an arrival whose process has failed, if this host has the guest. */
    void recover(DomainJournal.Entry entry) {
        String path = entries.path(entry);
        if (has(entry) && !removal.journal().contains(entry)) {
            UUID builtAs = store.read(path + BUILT_AS).flatMap(UuidText::parse).orElse(entry.uuid());
            store.read(path + NAME)
                    .filter(name -> !builtAs.equals(entry.uuid()))
                    .ifPresent(name -> {
                        rename(entry, name, builtAs);
                        userdata.move(entry.domid(), builtAs, entry.uuid());
                        if (!store.direct().exists(path + PAUSED)) {
                            info(entry.domid()).filter(DomainInfo::paused).ifPresent(info -> unpause(entry.domid()));
                        }
                    });
        }
        entries.end(entry);
    }
}
