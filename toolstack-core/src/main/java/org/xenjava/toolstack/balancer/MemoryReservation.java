// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.xenjava.toolstack.balance.MemoryAnswer;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * A request for memory to the balancer of the host. Granted memory is kept until the reservation is closed, or until this
 * process ends. Close the reservation when the memory is in use.
 */
public final class MemoryReservation implements AutoCloseable {
    private final StoreClient store;
    private final WatchHub events;
    private final String path;
    private final Lease owner;
    private final KiB size;
    private final Duration limit;

    private MemoryReservation(StoreClient store, WatchHub events, String path, Lease owner, KiB size, Duration limit) {
        this.store = store;
        this.events = events;
        this.path = path;
        this.owner = owner;
        this.size = size;
        this.limit = limit;
    }

    /**
     * Asks the balancer of the host, whichever process it is in.
     *
     * @param store xenstore
     * @param events watches of xenstore
     * @param processes signs the request
     * @param id distinguishes requests; the UUID of the domain that the memory is for, if it is for one
     * @param size the memory
     * @param limit time after which the balancer refuses what it cannot grant
     * @return the request; empty if no balancer runs
     * @throws DomainStateException if another request with that id is open
     */
    @SuppressWarnings("exports")
    public static Optional<MemoryReservation> ask(
            StoreClient store, WatchHub events, ProcessIdentity processes, String id, KiB size, Duration limit) {
        LeaseHolder holder = LeaseHolder.withinProcess(processes);
        if (holder.lease(BalanceNodes.OWNER).state(store.direct()) != Lease.State.HELD) {
            return Optional.empty();
        }
        String path = BalanceNodes.request(id);
        Lease owner = holder.lease(path + "/owner");
        store.inTransaction(transaction -> {
            if (owner.state(transaction) == Lease.State.HELD) {
                throw new DomainStateException("reserving " + size + ": process "
                        + owner.heldBy(transaction).orElseThrow() + " has asked for memory with the id " + id);
            }
            // An answer to an older request of that id is no answer to this one.
            transaction.remove(path);
            transaction.write(path + "/size-kib", Long.toString(size.value()));
            transaction.write(path + "/limit-ms", Long.toString(limit.toMillis()));
            return owner.take(transaction);
        });
        return Optional.of(new MemoryReservation(store, events, path, owner, size, limit));
    }

    /**
     * Asks the balancer of the host and waits until the memory is granted.
     *
     * @param store xenstore
     * @param events watches of xenstore
     * @param processes signs the request
     * @param domain the domain to be built with the memory
     * @param size the memory
     * @param limit time after which the balancer refuses what it cannot grant
     * @param cancellation ends the wait
     * @return ends the reservation; empty if no balancer runs
     * @throws HostMemoryException if the balancer refuses, or does not answer in time
     */
    @SuppressWarnings("exports")
    public static Optional<Runnable> granted(
            StoreClient store,
            WatchHub events,
            ProcessIdentity processes,
            UUID domain,
            KiB size,
            Duration limit,
            Cancellation cancellation) {
        Optional<MemoryReservation> asked = ask(store, events, processes, domain.toString(), size, limit);
        asked.ifPresent(reservation -> {
            try {
                reservation.awaitGrant(cancellation);
            } catch (RuntimeException e) {
                reservation.closeAfter(e);
                throw e;
            }
        });
        return asked.map(reservation -> reservation::close);
    }

    /** {@return the balancer's present answer; empty before its first look} */
    public Optional<MemoryAnswer> answer() {
        return store.read(path + "/answer").flatMap(AnswerText::parse);
    }

    /**
     * Waits until the memory is granted.
     *
     * @throws HostMemoryException if the balancer refuses, or does not answer in time
     */
    public void awaitGrant() {
        awaitGrant(new Cancellation());
    }

    /**
     * Waits until the memory is granted, or until the wait is cancelled.
     *
     * @param cancellation ends the wait within a second
     * @throws HostMemoryException if the balancer refuses, or does not answer in time
     * @throws org.xenjava.toolstack.error.OperationCancelledException if it was cancelled
     */
    public void awaitGrant(Cancellation cancellation) {
        // The balancer refuses when the time is up; it may be between two looks then.
        Optional<MemoryAnswer> decided = events.await(path + "/answer", limit.plusSeconds(10), () -> {
            cancellation.check("reserving " + size);
            return answer().filter(answer -> !(answer instanceof MemoryAnswer.Promised));
        });
        if (decided.isEmpty()) {
            throw new HostMemoryException(
                    "reserving " + size + ": the balancer of the host has not granted it in time");
        }
        if (decided.get() instanceof MemoryAnswer.Refused refused) {
            throw new HostMemoryException("reserving " + size + ": " + refused.reason());
        }
    }

    private void closeAfter(RuntimeException failure) {
        try {
            close();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public void close() {
        store.inTransaction(transaction -> {
            boolean ours = owner.state(transaction) == Lease.State.OURS;
            if (ours) {
                transaction.removeWithEmptyParents(path);
            }
            return ours;
        });
    }
}
