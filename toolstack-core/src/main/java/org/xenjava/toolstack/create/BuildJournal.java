// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.ReleasedRecords;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.text.UuidText;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/**
 * The journal of running builds in xenstore. A record, {@code /tool/xenjava/builds/UUID}, is written before the
 * domain exists, so that another process can clean up the build of a process that was killed. The record is the
 * builder's {@link Lease}; the domain's handle is the UUID.
 */
public final class BuildJournal {
    /** Where the journals of this library are. */
    static final String ALL_JOURNALS = "/tool/xenjava";

    static final String NAME = "builds";

    private static final String ROOT = ALL_JOURNALS + "/" + NAME;

    private final StoreClient store;
    private final LeaseHolder holder;
    private final ReleasedRecords released;

    /**
     * @param processes what builders are called, and which of them may still run
     */
    public BuildJournal(StoreClient store, ProcessIdentity processes) {
        this.store = store;
        this.holder = LeaseHolder.ofProcess(processes);
        this.released = new ReleasedRecords(store);
    }

    /** The identity of the process that builds, or of its thread that does. */
    String signature() {
        return holder.signature();
    }

    /** The record of one build, not yet written. */
    Note note(UUID uuid) {
        return new Note(uuid, UuidChoice.GIVEN);
    }

    /** The record of a build whose UUID was chosen at random, so that no other build has it. */
    Note noteOfNew(UUID uuid) {
        return new Note(uuid, UuidChoice.RANDOM);
    }

    private enum UuidChoice {
        GIVEN,
        RANDOM
    }

    /** The record of one build. While it exists, no other process builds a domain with that UUID. */
    final class Note {
        private final UUID uuid;
        private final UuidChoice choice;
        private boolean ours;

        private Note(UUID uuid, UuidChoice choice) {
            this.uuid = uuid;
            this.choice = choice;
        }

        /** @throws DomainExistsException if there is a record already */
        void open() {
            released.retry();
            if (choice == UuidChoice.RANDOM) {
                ours = true;
                store.direct().write(path(uuid), holder.signature());
                return;
            }
            store.inTransaction(transaction -> {
                // The record may exist although the commit fails, because only its answer was lost.
                ours = true;
                transaction.read(path(uuid)).ifPresent(builder -> {
                    ours = false;
                    throw new DomainExistsException("a domain with the UUID " + uuid
                            + (builder.isEmpty()
                                    ? " was built before, and not all of it could be removed; remove the leftovers"
                                    : " is being built already, by process " + builder
                                            + "; choose another UUID, or, if that process is gone, remove "
                                            + path(uuid)));
                });
                transaction.write(path(uuid), holder.signature());
                return uuid;
            });
        }

        /** Marks it, if it is still there, as left by a build that could not be undone: whoever comes next goes on. */
        void giveUp() {
            if (ours) {
                ours = false;
                released.release(path(uuid));
            }
        }

        /** Removes it, unless it is another's. */
        void close() {
            if (ours) {
                BuildJournal.this.close(uuid);
                ours = false;
            }
        }
    }

    /** {@return whether a process is building a domain with that UUID, or was killed during its build} */
    public boolean isUnderWay(UUID uuid) {
        return store.read(path(uuid)).isPresent();
    }

    /** The journal's directory stays. */
    private void close(UUID uuid) {
        store.direct().remove(path(uuid));
        released.takeBack(path(uuid));
    }

    /** Builds that nobody works on: their process is dead, or could not undo them. */
    List<UUID> unfinished() {
        released.retry();
        return store.list(ROOT).stream()
                .map(UuidText::parse)
                .flatMap(Optional::stream)
                .filter(this::isUnfinished)
                .toList();
    }

    private boolean isUnfinished(UUID uuid) {
        Lease.State state = lease(uuid).state(store.direct());
        return state == Lease.State.ABANDONED
                || state == Lease.State.FREE
                || state == Lease.State.OURS && released.contains(path(uuid));
    }

    /** Whether a process builds the domain now, or may do so. */
    boolean isWorkedOn(UUID uuid) {
        return isUnderWay(uuid) && !isUnfinished(uuid);
    }

    /**
     * Destroys what a build has left that nobody works on. Harmless to repeat, and to run in many processes at once.
     *
     * @param xenctrl knows the domains that are there
     * @param removal takes them away
     * @return whether nobody builds a domain with that UUID any more
     */
    public boolean recover(Xenctrl xenctrl, DomainRemoval removal, UUID uuid) {
        if (isUnderWay(uuid) && isUnfinished(uuid)) {
            finish(xenctrl, removal, uuid);
        }
        return !isUnderWay(uuid);
    }

    private void finish(Xenctrl xenctrl, DomainRemoval removal, UUID uuid) {
        xenctrl.domains().list().stream()
                .filter(info -> info.handle().equals(uuid))
                .mapToInt(DomainInfo::domid)
                .forEach(domid -> removal.remove(domid, uuid));
        removal.removeLeftovers(uuid);
        close(uuid);
    }

    private Lease lease(UUID uuid) {
        return holder.lease(path(uuid));
    }

    private static String path(UUID uuid) {
        return ROOT + "/" + uuid;
    }
}
