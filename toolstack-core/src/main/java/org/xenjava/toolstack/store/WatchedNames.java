// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The names of domains, for a program that lists them repeatedly. The first list reads the name of each domain, the
 * second one also watches it, and later lists read only names that have changed. A process that lists once sets no watch.
 * A change by another process is seen when xenstored's event has arrived, one by this connection at once. Safe to use
 * from many threads.
 */
public final class WatchedNames {
    /** xenstored compares each node that anybody writes with each watch. */
    static final int MOST_WATCHES = 256;

    private final StoreClient store;
    private final WatchHub events;
    private final Map<Integer, Entry> entries = new HashMap<>();
    private int watches;
    private long renamings;

    public WatchedNames(StoreClient store, WatchHub events) {
        this.store = store;
        this.events = events;
    }

    /**
     * A domain whose name is wanted.
     *
     * @param domid number of the domain
     * @param uuid tells two domains with the same number apart
     */
    public record Named(int domid, UUID uuid) {}

    private static final class Entry {
        private final UUID uuid;
        private WatchHub.@Nullable Registration watch;
        private volatile boolean known;
        private String name = "";

        private Entry(UUID uuid) {
            this.uuid = uuid;
        }

        private boolean isKnown() {
            return watch != null && known;
        }
    }

    /**
     * {@return the names of all domains of the host, in the same order, each empty if the domain has none}
     *
     * @param domains all domains: the names of others are forgotten
     */
    public synchronized List<String> of(List<Named> domains) {
        forgetOthers(domains);
        noticeRenamings();
        List<Named> unknown = domains.stream().filter(this::mustBeRead).toList();
        watch(unknown);
        unknown.forEach(domain -> entries.computeIfAbsent(domain.domid(), unused -> new Entry(domain.uuid())));
        read(unknown);
        return domains.stream().map(domain -> entry(domain).name).toList();
    }

    private boolean mustBeRead(Named domain) {
        Entry entry = entries.get(domain.domid());
        return entry == null || !entry.isKnown() || events.hasEnded();
    }

    private void forgetOthers(List<Named> domains) {
        Map<Integer, UUID> present = new HashMap<>();
        domains.forEach(domain -> present.put(domain.domid(), domain.uuid()));
        for (Iterator<Map.Entry<Integer, Entry>> all = entries.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Integer, Entry> next = all.next();
            if (!next.getValue().uuid.equals(present.get(next.getKey()))) {
                all.remove();
                unwatch(next.getValue());
            }
        }
    }

    private void noticeRenamings() {
        long now = store.names().renamings();
        if (now != renamings) {
            renamings = now;
            entries.values().forEach(entry -> entry.known = false);
        }
    }

    private void unwatch(Entry entry) {
        if (entry.watch != null) {
            watches--;
            entry.watch.close();
        }
    }

    /** Watches those domains whose names were read before. */
    private void watch(List<Named> domains) {
        Map<String, Entry> unwatched = new LinkedHashMap<>();
        domains.stream()
                .filter(domain -> entries.containsKey(domain.domid()) && entry(domain).watch == null)
                .limit(MOST_WATCHES - watches)
                .forEach(domain -> unwatched.put(new DomainPaths(domain.domid()).name(), entry(domain)));
        if (unwatched.isEmpty()) {
            return;
        }
        events.watchAll(unwatched.keySet(), path -> requireNonNull(unwatched.get(path)).known = false)
                .forEach((path, registration) -> {
                    requireNonNull(unwatched.get(path)).watch = registration;
                    watches++;
                });
    }

    private void read(List<Named> domains) {
        // Before the names are read, so that a change after that is noticed.
        domains.forEach(domain -> entry(domain).known = true);
        try {
            List<Optional<String>> names = store.direct()
                    .readAll(domains.stream()
                            .map(domain -> new DomainPaths(domain.domid()).name())
                            .toList());
            for (int i = 0; i < names.size(); i++) {
                entry(domains.get(i)).name = names.get(i).orElse("");
            }
        } catch (RuntimeException e) {
            domains.forEach(domain -> entry(domain).known = false);
            throw e;
        }
    }

    private Entry entry(Named domain) {
        return requireNonNull(entries.get(domain.domid()));
    }
}
