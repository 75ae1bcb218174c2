// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
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
    private static final Logger LOG = LoggerFactory.getLogger(BuildJournal.class);
    private static final String ROOT = "/tool/xenjava/builds";

    private final StoreClient store;
    private final LeaseHolder holder;

    /**
     * @param processes what builders are called, and which of them may still run
     */
    public BuildJournal(StoreClient store, ProcessIdentity processes) {
        this.store = store;
        this.holder = LeaseHolder.ofProcess(processes);
    }

    /** The record of one build, not yet written. */
    Note note(UUID uuid) {
        return new Note(uuid);
    }

    /** The record of one build. While it exists, no other process builds a domain with that UUID. */
    final class Note {
        private final UUID uuid;
        private boolean ours;

        private Note(UUID uuid) {
            this.uuid = uuid;
        }

        /** @throws DomainExistsException if there is a record already */
        void open() {
            store.inTransaction(transaction -> {
                // The record may exist although the commit fails, because only its answer was lost.
                ours = true;
                lease(uuid).takeIfFree(transaction).ifPresent(builder -> {
                    ours = false;
                    throw new DomainExistsException("a domain with the UUID " + uuid
                            + " is being built already, by process " + builder
                            + "; choose another UUID, or, if that process is gone, remove " + path(uuid));
                });
                return uuid;
            });
        }

        /** Removes the record, unless it belongs to another process. */
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

    private void close(UUID uuid) {
        store.inTransaction(transaction -> {
            transaction.removeWithEmptyParents(path(uuid));
            return uuid;
        });
    }

    /**
     * Removes what builds of dead processes have left. The method may be repeated, and may run in many processes at
     * once.
     *
     * @param xenctrl lists the domains
     * @param removal removes them
     * @return the UUIDs of the removed builds
     */
    public List<UUID> recover(Xenctrl xenctrl, DomainRemoval removal) {
        List<UUID> recovered = new ArrayList<>();
        for (UUID uuid : store.list(ROOT).stream()
                .map(UuidText::parse)
                .flatMap(Optional::stream)
                .toList()) {
            if (lease(uuid).state(store.direct()) == Lease.State.ABANDONED) {
                LOG.warn("removing the unfinished build of domain {}: its process has ended", uuid);
                recover(xenctrl, removal, uuid);
                recovered.add(uuid);
            }
        }
        return List.copyOf(recovered);
    }

    private void recover(Xenctrl xenctrl, DomainRemoval removal, UUID uuid) {
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
