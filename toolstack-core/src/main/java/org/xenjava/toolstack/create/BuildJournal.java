// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.store.ProcessIdentity;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/**
 * Builds under way, noted in xenstore before the domain exists, so that a build whose process was killed can be
 * cleaned up by the next one: {@code /tool/xenjava/builds/UUID} holds the builder's {@link ProcessIdentity}. The UUID
 * finds the domain, whose handle it is.
 */
public final class BuildJournal {
    private static final Logger LOG = LoggerFactory.getLogger(BuildJournal.class);
    private static final String ROOT = "/tool/xenjava/builds";
    private static final Pattern UUIDS = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final StoreClient store;
    private final ProcessIdentity processes;

    /** @param processes what builders are called, and which of them may still run */
    public BuildJournal(StoreClient store, ProcessIdentity processes) {
        this.store = store;
        this.processes = processes;
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
                ours = false;
                transaction.read(path(uuid)).ifPresent(builder -> {
                    throw new DomainExistsException("a domain with the UUID " + uuid
                            + " is being built already, by process " + builder
                            + "; choose another UUID, or, if that process is gone, remove " + path(uuid));
                });
                // From here on it may be there, whatever becomes of the answer.
                ours = true;
                transaction.write(path(uuid), processes.self());
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

    /** Whether somebody builds a domain with that UUID, or has been killed while building it. */
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
        for (String entry : store.list(ROOT)) {
            if (!UUIDS.matcher(entry).matches()) {
                continue;
            }
            UUID uuid = UUID.fromString(entry);
            store.read(path(uuid))
                    .filter(builder -> !processes.mayBeAlive(builder))
                    .ifPresent(builder -> {
                        LOG.warn("cleaning up the build of domain {}, whose process ({}) is gone", uuid, builder);
                        recover(xenctrl, removal, uuid);
                        recovered.add(uuid);
                    });
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

    private static String path(UUID uuid) {
        return ROOT + "/" + uuid;
    }
}
