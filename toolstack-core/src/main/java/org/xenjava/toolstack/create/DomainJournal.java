// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.ReleasedRecords;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.text.UuidText;

/**
 * Operations on domains that have begun and are not complete: {@code /tool/xenjava/NAME/DOMID-UUID} is the {@link Lease}
 * of the process that works on the domain, and is empty once that process has failed. A removal may be
 * repeated, also by two processes at once, so that beginning one never waits for another; a save may not.
 */
final class DomainJournal {
    /** Removals of domains. */
    static final String REMOVALS = "removals";

    /** Saves of domains. */
    static final String SAVES = "saves";

    /** Guests that arrive from another host. */
    static final String ARRIVALS = "arrivals";

    private static final Pattern ENTRY = Pattern.compile("(\\d{1,5})-(.{36})");

    private final StoreClient store;
    private final LeaseHolder holder;
    private final ReleasedRecords released;
    private final String root;

    private DomainJournal(StoreClient store, ProcessIdentity processes, String name) {
        this.store = store;
        this.holder = LeaseHolder.ofProcess(processes);
        this.released = new ReleasedRecords(store);
        this.root = BuildJournal.ALL_JOURNALS + "/" + name;
    }

    static DomainJournal ofRemovals(StoreClient store, ProcessIdentity processes) {
        return new DomainJournal(store, processes, REMOVALS);
    }

    static DomainJournal ofSaves(StoreClient store, ProcessIdentity processes) {
        return new DomainJournal(store, processes, SAVES);
    }

    static DomainJournal ofArrivals(StoreClient store, ProcessIdentity processes) {
        return new DomainJournal(store, processes, ARRIVALS);
    }

    /** The domain of an operation. */
    record Entry(int domid, UUID uuid) {}

    /** The path of an entry. */
    String path(Entry entry) {
        return root + "/" + entry.domid() + "-" + entry.uuid();
    }

    /** Records that this process works on the domain. One request: no guest can delay it. */
    void begin(Entry entry) {
        store.direct().write(path(entry), holder.signature());
        released.takeBack(path(entry));
    }

    /** Records that this process works on the domain, unless a process does already, or may do so. */
    boolean beginAlone(Entry entry) {
        AtomicBoolean written = new AtomicBoolean();
        boolean begun = Undo.onFailure(
                () -> store.inTransaction(transaction -> {
                    boolean free = !isWorkedOn(entry, transaction);
                    written.set(free);
                    if (free) {
                        transaction.write(path(entry), holder.signature());
                    }
                    return free;
                }),
                () -> {
                    if (written.get()) {
                        giveUpIfOurs(entry);
                    }
                });
        if (begun) {
            released.takeBack(path(entry));
        }
        return begun;
    }

    /** A commit whose answer was lost may have taken effect. */
    private void giveUpIfOurs(Entry entry) {
        if (holder.lease(path(entry)).state(store.direct()) == Lease.State.OURS) {
            giveUp(entry);
        }
    }

    /** Records that this process has failed: whoever comes next goes on. */
    void giveUp(Entry entry) {
        released.release(path(entry));
    }

    /** Removes the record. The journal's directory stays. */
    void end(Entry entry) {
        store.direct().remove(path(entry));
        released.takeBack(path(entry));
    }

    boolean contains(Entry entry) {
        return store.direct().exists(path(entry));
    }

    /** Operations that nobody works on: their process has failed, or is dead. */
    List<Entry> unfinished() {
        released.retry();
        return entries().stream().filter(entry -> !isWorkedOn(entry)).toList();
    }

    /** Whether a process works on the domain now, or may do so. */
    boolean isWorkedOn(Entry entry) {
        return isWorkedOn(entry, store.direct());
    }

    private boolean isWorkedOn(Entry entry, StoreTransaction transaction) {
        Lease.State state = holder.lease(path(entry)).state(transaction);
        return state == Lease.State.HELD || state == Lease.State.OURS && !released.contains(path(entry));
    }

    private List<Entry> entries() {
        return store.list(root).stream()
                .map(DomainJournal::entry)
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
