// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A connection to xenstored. The class is safe to use from many threads. */
public final class StoreClient {
    private static final Logger LOG = LoggerFactory.getLogger(StoreClient.class);

    /** Transactions that are begun again after a loss of the connection; a commit without an answer is not. */
    private static final int MAX_LOSSES = 2;

    private final XenStore store;
    private final StoreTransaction direct;
    private final ConflictBackoff backoff;
    private final GuestNames names = new GuestNames(System::nanoTime);

    public StoreClient(XenStore store) {
        this(store, ConflictBackoff.sleeping());
    }

    StoreClient(XenStore store, ConflictBackoff backoff) {
        this.store = store;
        this.backoff = backoff;
        this.direct = new StoreTransaction(store, XenStore.NO_TRANSACTION);
    }

    /** The names of domains that were read through this connection. */
    public GuestNames names() {
        return names;
    }

    /** Single requests, outside any transaction. */
    public StoreTransaction direct() {
        return direct;
    }

    public Optional<String> read(String path) {
        return direct.read(path);
    }

    public Optional<Long> readLong(String path) {
        return direct.readLong(path);
    }

    /** Reads an amount of memory as {@link StoreTransaction#readKib} does. */
    public Optional<KiB> readKib(String path) {
        return direct.readKib(path);
    }

    /** Reads an amount of memory as {@link StoreTransaction#readPlausibleKib} does. */
    public Optional<KiB> readPlausibleKib(String path) {
        return direct.readPlausibleKib(path);
    }

    public List<String> list(String path) {
        return direct.list(path);
    }

    /**
     * Runs {@code work} in a transaction and commits. When another change came between, or the connection was lost
     * before the commit, all of it runs again, so it must have no other effects, or effects that it knows to repeat.
     * A transaction that touches a node which a guest can write lets that guest cause conflicts without end: such
     * nodes are read, written and removed {@link #direct directly}.
     *
     * @throws XenStoreException if xenstored refuses, if the conflicts do not end within about a second, or if the
     *     connection was lost during the commit, so that nobody knows whether the changes were made; {@code retry()}
     *     says whether trying again can help
     */
    public <T> T inTransaction(Function<StoreTransaction, T> work) {
        @Nullable XenLibException conflict = null;
        for (int attempt = 1; attempt <= ConflictBackoff.MAX_TRIES; attempt++) {
            int id = start();
            T result;
            try {
                StoreTransaction transaction = new StoreTransaction(store, id);
                result = work.apply(transaction);
                transaction.flush();
            } catch (XenStoreException e) {
                abort(id);
                if (attempt > MAX_LOSSES || !e.errno().equals(Optional.of(Errno.EPIPE))) {
                    throw e;
                }
                LOG.debug("a xenstore transaction was lost with its connection, try {}", attempt);
                continue;
            } catch (RuntimeException | Error e) {
                abort(id);
                throw e;
            }
            try {
                store.transactionCommit(id);
                return result;
            } catch (XenLibException e) {
                if (!e.errno().equals(Errno.EAGAIN)) {
                    throw failure("commit a transaction", e);
                }
                conflict = e;
                LOG.debug("xenstore transaction conflicts, try {}", attempt);
                backoff.afterConflict(attempt);
            }
        }
        throw new XenStoreException(
                "xenstore: a transaction conflicted " + ConflictBackoff.MAX_TRIES + " times in a row: EAGAIN",
                conflict);
    }

    /** {@code xs_resume_domain}: the domain's next shutdown is reported again. */
    public void resume(int domid) {
        try {
            store.resumeDomain(domid);
        } catch (XenLibException e) {
            throw failure("resume domain " + domid, e);
        }
    }

    /** {@code xs_introduce_domain}. */
    public void introduce(int domid, long ringGfn, int port) {
        try {
            store.introduceDomain(domid, ringGfn, port);
        } catch (XenLibException e) {
            throw failure("introduce domain " + domid, e);
        }
    }

    private int start() {
        try {
            return store.transactionStart();
        } catch (XenLibException e) {
            throw failure("start a transaction", e);
        }
    }

    private void abort(int id) {
        try {
            store.transactionAbort(id);
        } catch (XenLibException e) {
            LOG.debug("aborting a xenstore transaction failed", e);
        }
    }

    private static XenStoreException failure(String attempt, XenLibException e) {
        return new XenStoreException(
                "xenstore: cannot " + attempt + ": " + e.errno() + StoreTransaction.advice(e.errno()), e);
    }
}
