// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.create.StoredConfig;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.text.UuidText;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/**
 * The journal of domains that are being removed or restarted: {@code /tool/xenjava/stops/UUID}. An entry exists from
 * before the removal of the domain's trees until its successor runs, so that another supervisor can finish the work
 * of one that was killed. A method that changes the journal does so in the caller's transaction.
 */
final class StopJournal {
    private static final String ROOT = "/tool/xenjava/stops";
    private static final List<XenStorePermission> TOOLSTACK_ONLY =
            List.of(new XenStorePermission(0, XenStorePermission.NONE));

    private StopJournal() {}

    /**
     * One entry.
     *
     * @param uuid UUID of the domain and of its successor
     * @param domid number of the domain that has stopped
     * @param name name of the domain
     * @param aside new identity of the domain, if it is preserved beside its successor
     * @param successor configuration of the successor, if there is one
     */
    record Entry(UUID uuid, int domid, String name, Optional<Identity> aside, Optional<DomainConfig> successor) {}

    /** The identity of a domain. */
    record Identity(String name, UUID uuid) {}

    /** The UUIDs of all entries. */
    static List<UUID> uuids(StoreTransaction store) {
        return store.list(ROOT).stream()
                .map(UuidText::parse)
                .flatMap(Optional::stream)
                .toList();
    }

    /** Whether there is an entry for that UUID. */
    static boolean contains(StoreTransaction store, UUID uuid) {
        return store.exists(path(uuid) + "/domid");
    }

    /** The lease of the supervisor that works on the entry. */
    static Lease lease(LeaseHolder holder, UUID uuid) {
        return holder.lease(path(uuid) + "/owner");
    }

    static Optional<Entry> read(StoreTransaction store, UUID uuid) {
        return store.readLong(path(uuid) + "/domid")
                .map(domid -> new Entry(
                        uuid,
                        domid.intValue(),
                        store.read(path(uuid) + "/name").orElse(""),
                        aside(store, path(uuid) + "/aside"),
                        StoredConfig.read(store, path(uuid) + "/config")));
    }

    private static Optional<Identity> aside(StoreTransaction store, String path) {
        return store.read(path + "/uuid")
                .map(uuid -> new Identity(store.read(path + "/name").orElse(""), UUID.fromString(uuid)));
    }

    static void write(StoreTransaction transaction, Entry entry, LeaseHolder owner) {
        String path = path(entry.uuid());
        transaction.remove(path);
        transaction.write(path, "", TOOLSTACK_ONLY);
        lease(owner, entry.uuid()).take(transaction);
        transaction.write(path + "/domid", Integer.toString(entry.domid()));
        transaction.write(path + "/name", entry.name());
        entry.aside().ifPresent(identity -> {
            transaction.write(path + "/aside/name", identity.name());
            transaction.write(path + "/aside/uuid", identity.uuid().toString());
        });
        entry.successor().ifPresent(config -> StoredConfig.write(transaction, path + "/config", config));
    }

    static void remove(StoreTransaction transaction, UUID uuid) {
        transaction.removeWithEmptyParents(path(uuid));
    }

    private static String path(UUID uuid) {
        return ROOT + "/" + uuid;
    }
}
