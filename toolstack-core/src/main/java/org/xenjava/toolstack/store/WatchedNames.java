// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.XenStoreException;

/**
 * The names of domains, for a program that lists them repeatedly. The first list reads the name of each domain, the
 * second one also watches it, and later lists read only names that have changed. A process that lists once sets no watch.
 * A change by another process is seen when xenstored's event has arrived, one by this connection at once. Safe to use
 * from many threads.
 */
public final class WatchedNames {
    private static final Logger LOG = LoggerFactory.getLogger(WatchedNames.class);

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
        unknown.forEach(domain -> Optional.ofNullable(entries.get(domain.domid()))
                .ifPresentOrElse(
                        entry -> watch(domain, entry), () -> entries.put(domain.domid(), new Entry(domain.uuid()))));
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

    private void watch(Named domain, Entry entry) {
        if (entry.watch == null && watches < MOST_WATCHES) {
            try {
                entry.watch = events.watch(new DomainPaths(domain.domid()).name(), () -> entry.known = false);
                watches++;
            } catch (XenStoreException e) {
                LOG.debug("domain {}: its name is not watched", domain.domid(), e);
            }
        }
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
        return Objects.requireNonNull(entries.get(domain.domid()));
    }
}
