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
 * Domains that are being taken away, to be built again or not: {@code /tool/xenjava/stops/UUID}. The entry is there
 * before the domain's own trees go and until its successor runs, so that whoever comes after a supervisor that was
 * killed finds what it meant to do. A method that changes something does so in the caller's transaction.
 */
final class StopJournal {
    private static final String ROOT = "/tool/xenjava/stops";
    private static final List<XenStorePermission> TOOLSTACK_ONLY =
            List.of(new XenStorePermission(0, XenStorePermission.NONE));

    private StopJournal() {}

    /**
     * One domain on its way.
     *
     * @param uuid of the domain and of its successor
     * @param domid of the domain that has stopped
     * @param name its name
     * @param aside who the domain becomes, if it is kept beside its successor
     * @param successor what to build when it is gone or renamed, if anything
     */
    record Entry(UUID uuid, int domid, String name, Optional<Identity> aside, Optional<DomainConfig> successor) {}

    /** What tells a domain from others. */
    record Identity(String name, UUID uuid) {}

    /** All that there are. */
    static List<UUID> uuids(StoreTransaction store) {
        return store.list(ROOT).stream()
                .map(UuidText::parse)
                .flatMap(Optional::stream)
                .toList();
    }

    /** Whether there is an entry. */
    static boolean contains(StoreTransaction store, UUID uuid) {
        return store.exists(path(uuid) + "/domid");
    }

    /** The lease of the supervisor that goes on with the entry. */
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
