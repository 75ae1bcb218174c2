// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.text.UuidText;

/**
 * Removals that have begun and are not complete: {@code /tool/xenjava/removals/DOMID-UUID} is the {@link Lease} of the
 * process that removes the domain, and is empty once that process has failed. A removal may be repeated, also by two
 * processes at once, so that beginning one never waits for another.
 */
final class RemovalJournal {
    static final String NAME = "removals";

    private static final String ROOT = BuildJournal.ALL_JOURNALS + "/" + NAME;
    private static final Pattern ENTRY = Pattern.compile("(\\d{1,5})-(.{36})");

    private final StoreClient store;
    private final LeaseHolder holder;
    private final ReleasedRecords released;

    RemovalJournal(StoreClient store, ProcessIdentity processes) {
        this.store = store;
        this.holder = LeaseHolder.ofProcess(processes);
        this.released = new ReleasedRecords(store);
    }

    /** A domain that is to be removed. */
    record Entry(int domid, UUID uuid) {
        private String path() {
            return ROOT + "/" + domid + "-" + uuid;
        }
    }

    /** Records that this process removes the domain. One request: no guest can delay it. */
    void begin(Entry entry) {
        store.direct().write(entry.path(), holder.signature());
        released.takeBack(entry.path());
    }

    /** Records that this process has failed: whoever comes next goes on. */
    void giveUp(Entry entry) {
        released.release(entry.path());
    }

    /** Removes the record. The journal's directory stays. */
    void end(Entry entry) {
        store.direct().remove(entry.path());
        released.takeBack(entry.path());
    }

    boolean contains(Entry entry) {
        return store.direct().exists(entry.path());
    }

    /** Removals that nobody works on: their process has failed, or is dead. */
    List<Entry> unfinished() {
        released.retry();
        return entries().stream().filter(entry -> !isWorkedOn(entry)).toList();
    }

    /** Whether a process removes the domain now, or may do so. */
    boolean isWorkedOn(Entry entry) {
        Lease.State state = holder.lease(entry.path()).state(store.direct());
        return state == Lease.State.HELD || state == Lease.State.OURS && !released.contains(entry.path());
    }

    private List<Entry> entries() {
        return store.list(ROOT).stream()
                .map(RemovalJournal::entry)
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<Entry> entry(String name) {
        Matcher matcher = ENTRY.matcher(name);
        return matcher.matches()
                ? UuidText.parse(matcher.group(2)).map(uuid -> new Entry(Integer.parseInt(matcher.group(1)), uuid))
                : Optional.empty();
    }
}
