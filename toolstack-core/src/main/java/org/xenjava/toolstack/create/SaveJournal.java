// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.privatefile.NamedFile;
import org.xenjava.toolstack.privatefile.PrivateFile;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.save.GuestEmulator;
import org.xenjava.toolstack.save.SuspendedGuest;
import org.xenjava.toolstack.save.Suspension;
import org.xenjava.toolstack.save.VcpuThrottle;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/**
 * The journal of running saves in xenstore. An entry is written before the guest is asked to suspend itself, so that
 * another process can let the guest run on if this process is killed.
 */
public final class SaveJournal {
    private static final Logger LOG = LoggerFactory.getLogger(SaveJournal.class);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final WatchHub events;
    private final DomainRemoval removal;
    private final DomainJournal entries;
    private final IntFunction<GuestEmulator> emulators;

    /**
     * Creates the journal.
     *
     * @param xenctrl knows the domains, and resumes them
     * @param events waits for guests that are about to suspend themselves
     * @param removal knows the domains that are being removed
     * @param processes signs the entries
     * @param emulators finds the emulator of a domain
     */
    public SaveJournal(
            Xenctrl xenctrl,
            StoreClient store,
            WatchHub events,
            DomainRemoval removal,
            ProcessIdentity processes,
            IntFunction<GuestEmulator> emulators) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.events = events;
        this.removal = removal;
        this.entries = DomainJournal.ofSaves(store, processes);
        this.emulators = emulators;
    }

    /**
     * Records a save while it runs. If the save fails, the guest runs on, unless its domain is being removed.
     *
     * @param save suspends the guest and saves it
     * @throws DomainStateException if another save of the domain runs, or may run
     */
    public void during(int domid, UUID uuid, Runnable save) {
        during(domid, uuid, save, entries::end);
    }

    private void during(int domid, UUID uuid, Runnable save, Consumer<DomainJournal.Entry> end) {
        DomainJournal.Entry entry = new DomainJournal.Entry(domid, uuid);
        if (!entries.beginAlone(entry)) {
            throw new DomainStateException(
                    "saving domain " + domid + ": another save of the domain runs; try again afterwards");
        }
        Undo.onFailure(
                () -> {
                    save.run();
                    end.accept(entry);
                },
                () -> Undo.onFailure(() -> recover(entry), () -> entries.giveUp(entry)));
    }

    /**
     * Lets the guest of an earlier migration run on here.
     *
     * @param takingBack finds out that no other host has the guest, and removes {@link #givenAway(int, UUID)}
     * @throws DomainStateException if another save of the domain runs, or may run
     */
    public void resuming(int domid, UUID uuid, Runnable takingBack) {
        during(domid, uuid, takingBack, this::recover);
    }

    /**
     * {@return the record of the moment in which a guest moves from its domain to its file} Once the file has its name, the
     * domain is only destroyed, also by another process.
     *
     * @param domid number of the domain
     * @param uuid UUID of the domain
     */
    public PrivateFile.Naming replacingDomain(int domid, UUID uuid) {
        String node = fileNode(new DomainJournal.Entry(domid, uuid));
        return new PrivateFile.Naming() {
            @Override
            public void begins(NamedFile file) {
                store.direct().write(node, file.identity() + " " + file.target());
            }

            @Override
            public void failed() {
                store.direct().remove(node);
            }
        };
    }

    /** {@return the emulator of a domain that is saved} */
    public GuestEmulator emulator(int domid) {
        return emulators.apply(domid);
    }

    /** {@return the node that {@link Suspension} writes together with its request} */
    public String mark(int domid, UUID uuid) {
        return mark(new DomainJournal.Entry(domid, uuid));
    }

    private String mark(DomainJournal.Entry entry) {
        return entries.path(entry) + "/requested";
    }

    /** The node that exists while the guest may be in its file. */
    private String fileNode(DomainJournal.Entry entry) {
        return entries.path(entry) + "/file";
    }

    /** {@return the node that exists while the guest may run on another host} Its value is the guest's name. */
    public String givenAway(int domid, UUID uuid) {
        return givenAway(new DomainJournal.Entry(domid, uuid));
    }

    /** {@return the node with the name of the host that a guest was given away to} */
    public String recipient(int domid, UUID uuid) {
        return entries.path(new DomainJournal.Entry(domid, uuid)) + "/given-away-to";
    }

    /** {@return the node that exists while a migration slows the guest down} {@link VcpuThrottle} writes it. */
    public String throttle(int domid, UUID uuid) {
        return throttle(new DomainJournal.Entry(domid, uuid));
    }

    private String throttle(DomainJournal.Entry entry) {
        return entries.path(entry) + "/throttle";
    }

    private String givenAway(DomainJournal.Entry entry) {
        return entries.path(entry) + "/given-away";
    }

    /**
     * Saves that nobody works on. Guests that were given away stay as they are, because only the other host knows, unless
     * their domain is being removed.
     */
    List<DomainJournal.Entry> unfinished() {
        return entries.unfinished().stream()
                .filter(entry -> !isThere(entry)
                        || !store.direct().exists(givenAway(entry))
                        || removal.journal().contains(entry))
                .toList();
    }

    private boolean isThere(DomainJournal.Entry entry) {
        return xenctrl.domains()
                .info(entry.domid())
                .filter(info -> !info.dying() && info.handle().equals(entry.uuid()))
                .isPresent();
    }

    private void resume(DomainJournal.Entry entry, GuestEmulator emulator) {
        SuspendedGuest guest = new SuspendedGuest(xenctrl, store, entry.domid(), emulator);
        if (store.direct().exists(mark(entry))) {
            guest.takeBackRequest(events);
        }
        guest.isResumedIfSuspended();
    }

    /**
     * Lets the guest of a save that has failed run on, unless its domain is being removed, or it may run on another
     * host. Destroys the domain of a guest whose file is complete.
     */
    void recover(DomainJournal.Entry entry) {
        if (isThere(entry) && !removal.journal().contains(entry)) {
            if (store.direct().exists(givenAway(entry))) {
                entries.giveUp(entry);
                return;
            }
            Optional<NamedFile> file = file(entry);
            if (file.isPresent() && isInFile(entry, file.get())) {
                LOG.info(
                        "domain {} is destroyed, because its guest was saved to {}",
                        entry.domid(),
                        file.get().target());
                removal.remove(entry.domid(), entry.uuid());
            } else {
                runOn(entry);
                entries.end(entry);
                file.ifPresent(SaveJournal::removePartial);
                return;
            }
        }
        entries.end(entry);
    }

    private Optional<NamedFile> file(DomainJournal.Entry entry) {
        return store.read(fileNode(entry)).flatMap(SaveJournal::named);
    }

    private static Optional<NamedFile> named(String text) {
        int end = text.indexOf(' ');
        return Optional.of(end)
                .filter(at -> at > 0)
                .map(at -> new NamedFile(Path.of(text.substring(at + 1)), text.substring(0, at)));
    }

    /** Whether the guest is in a file that is complete and has its name. */
    private static boolean isInFile(DomainJournal.Entry entry, NamedFile file) {
        try {
            NamedFile.Fate fate = file.fate();
            if (fate == NamedFile.Fate.GONE) {
                throw new DomainStateException("domain " + entry.domid() + " stays suspended: it was saved to "
                        + file.target() + ", which is not there any more; put the file back, or destroy the domain");
            }
            return fate == NamedFile.Fate.NAMED;
        } catch (IOException e) {
            throw new SaveStreamException(
                    "domain " + entry.domid() + " stays suspended: whether it was saved to " + file.target()
                            + " cannot be told: " + e.getMessage(),
                    e);
        }
    }

    private static void removePartial(NamedFile file) {
        try {
            file.removePartial();
        } catch (IOException e) {
            LOG.warn("the temporary file of {} cannot be removed: {}", file.target(), e.getMessage());
        }
    }

    private void runOn(DomainJournal.Entry entry) {
        GuestEmulator emulator = emulator(entry.domid());
        Undo.all(
                () -> VcpuThrottle.restore(xenctrl, store, entry.domid(), throttle(entry)),
                () -> endLog(entry.domid()),
                () -> resume(entry, emulator),
                emulator::endWriteLog);
    }

    /** The writes of PV guests are not logged, and a Xen without shadow paging knows no such log of theirs. */
    private void endLog(int domid) {
        if (xenctrl.domains().info(domid).filter(DomainInfo::hvm).isPresent()) {
            xenctrl.state().disableDirtyLog(domid);
        }
    }
}
