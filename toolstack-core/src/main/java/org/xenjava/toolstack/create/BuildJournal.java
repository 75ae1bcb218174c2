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
 * Builds under way, noted in xenstore before the domain exists, so that a build whose process was killed can be
 * cleaned up by the next one: {@code /tool/xenjava/builds/UUID} is the builder's {@link Lease}. The UUID
 * finds the domain, whose handle it is.
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

    /** The note of one build, not yet written. */
    Note note(UUID uuid) {
        return new Note(uuid);
    }

    /** One build's note. While it is there, nobody else builds a domain with that UUID. */
    final class Note {
        private final UUID uuid;
        private boolean ours;

        private Note(UUID uuid) {
            this.uuid = uuid;
        }

        /** @throws DomainExistsException if there is one already */
        void open() {
            store.inTransaction(transaction -> {
                // It may be there when the answer gets lost, whatever becomes of the commit.
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

        /** Removes it, unless it is another's. */
        void close() {
            if (ours) {
                BuildJournal.this.close(uuid);
                ours = false;
            }
        }
    }

    /** {@return whether somebody builds a domain with that UUID, or has been killed while building it} */
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
     * Destroys what builds have left whose process is gone. Harmless to repeat, and to run in many processes at once.
     *
     * @param xenctrl knows the domains that are there
     * @param removal takes them away
     * @return UUIDs of the builds that were cleaned up
     */
    public List<UUID> recover(Xenctrl xenctrl, DomainRemoval removal) {
        List<UUID> recovered = new ArrayList<>();
        for (UUID uuid : store.list(ROOT).stream()
                .map(UuidText::parse)
                .flatMap(Optional::stream)
                .toList()) {
            if (lease(uuid).state(store.direct()) == Lease.State.ABANDONED) {
                LOG.warn("cleaning up the build of domain {}, whose process is gone", uuid);
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
