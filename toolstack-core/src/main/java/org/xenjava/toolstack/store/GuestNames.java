// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.xenjava.toolstack.error.DomainExistsException;

/**
 * The names of the host's domains. Each is read once and remembered for a minute, so that a create does not read the
 * name of every domain. A domain that another process has renamed within that minute may be missed; a domain that
 * another process builds never is. Safe to use from many threads.
 */
public final class GuestNames {
    private static final Duration VALID = Duration.ofMinutes(1);

    private final LongSupplier nanoTime;
    private final Map<Integer, Entry> entries = new HashMap<>();
    private final ReadWriteLock renames = new ReentrantReadWriteLock();
    private final AtomicLong renamings = new AtomicLong();

    private record Entry(UUID uuid, String name, long readAt) {}

    GuestNames(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Finds domains by their name. Names that are not remembered are read in one go; a remembered one that matches is
     * read again.
     *
     * @param transaction reads, so that a later change of what it has read ends in a conflict
     * @param domids the domains to look at
     * @param uuids the UUIDs of those that Xen has; the names of others are not remembered
     * @return the domains that have the name
     */
    public List<Integer> find(
            StoreTransaction transaction, String name, Collection<Integer> domids, Map<Integer, UUID> uuids) {
        Map<Integer, String> remembered = remembered(uuids);
        List<Integer> suspects = domids.stream()
                .filter(domid -> remembered.getOrDefault(domid, name).equals(name))
                .toList();
        List<Optional<String>> names = transaction.readAll(
                suspects.stream().map(domid -> new DomainPaths(domid).name()).toList());
        Map<Integer, String> read = new HashMap<>();
        for (int i = 0; i < suspects.size(); i++) {
            int domid = suspects.get(i);
            names.get(i).ifPresent(text -> read.put(domid, text));
        }
        read.forEach(
                (domid, text) -> Optional.ofNullable(uuids.get(domid)).ifPresent(uuid -> remember(domid, uuid, text)));
        return suspects.stream().filter(domid -> name.equals(read.get(domid))).toList();
    }

    /**
     * Checks that no other domain has a name.
     *
     * @param transaction reads, so that a later change of what it has read ends in a conflict
     * @throws DomainExistsException if another domain has the name
     */
    public static void requireFree(StoreTransaction transaction, int domid, String name) {
        List<String> others = transaction.list(DomainPaths.DOMAINS).stream()
                .filter(other -> !other.equals(Integer.toString(domid)))
                .toList();
        List<Optional<String>> names = transaction.readAll(others.stream()
                .map(other -> DomainPaths.DOMAINS + "/" + other + "/name")
                .toList());
        for (int i = 0; i < others.size(); i++) {
            if (names.get(i).equals(Optional.of(name))) {
                throw new DomainExistsException("domain " + others.get(i) + " has the name '" + name + "'");
            }
        }
    }

    private synchronized Map<Integer, String> remembered(Map<Integer, UUID> uuids) {
        long now = nanoTime.getAsLong();
        entries.entrySet()
                .removeIf(entry -> !entry.getValue().uuid().equals(uuids.get(entry.getKey()))
                        || now - entry.getValue().readAt() > VALID.toNanos());
        Map<Integer, String> names = new HashMap<>();
        entries.forEach(
                (domid, entry) -> names.put(domid, Objects.requireNonNull(entry).name()));
        return names;
    }

    /** Remembers a name that was written. */
    public synchronized void remember(int domid, UUID uuid, String name) {
        entries.put(domid, new Entry(uuid, name, nanoTime.getAsLong()));
    }

    /** Runs work that finds a name to be free and takes it. No thread renames a domain meanwhile. */
    public <T> T whileNoneIsRenamed(Supplier<T> work) {
        renames.readLock().lock();
        try {
            return work.get();
        } finally {
            renames.readLock().unlock();
        }
    }

    /** Renames a domain and forgets its name. No thread takes a name meanwhile. */
    public void renaming(int domid, Runnable rename) {
        renames.writeLock().lock();
        try {
            rename.run();
        } finally {
            forget(domid);
            renamings.incrementAndGet();
            renames.writeLock().unlock();
        }
    }

    /** How often a domain was renamed through this connection. */
    long renamings() {
        return renamings.get();
    }

    private synchronized void forget(int domid) {
        entries.remove(domid);
    }
}
