// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.room.RoomMaker;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The requests of one toolstack for memory to the balancer of the host, whichever process it is in. A request that cannot be
 * withdrawn because xenstored cannot be reached is withdrawn later.
 */
@SuppressWarnings("exports")
public final class MemoryRequests implements RoomMaker.Reservations {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryRequests.class);

    private final StoreClient store;
    private final WatchHub events;
    private final ProcessIdentity processes;
    private final Set<MemoryReservation> open = ConcurrentHashMap.newKeySet();
    private final Set<MemoryReservation> unreleased = ConcurrentHashMap.newKeySet();

    /**
     * Creates the requests of a toolstack.
     *
     * @param store xenstore
     * @param events watches of xenstore
     * @param processes signs the requests
     */
    public MemoryRequests(StoreClient store, WatchHub events, ProcessIdentity processes) {
        this.store = store;
        this.events = events;
        this.processes = processes;
    }

    /**
     * Asks the balancer of the host.
     *
     * @param id distinguishes requests; the UUID of the domain that the memory is for, if it is for one
     * @param size the memory
     * @param limit time after which the balancer refuses what it cannot grant
     * @return the request; empty if no balancer runs
     * @throws DomainStateException if another request with that id is open
     */
    public Optional<MemoryReservation> ask(String id, KiB size, Duration limit) {
        retryReleases();
        LeaseHolder holder = LeaseHolder.withinProcess(processes);
        if (holder.lease(BalanceNodes.OWNER).state(store.direct()) != Lease.State.HELD) {
            return Optional.empty();
        }
        String path = BalanceNodes.request(id);
        Lease owner = holder.lease(path + "/owner");
        MemoryReservation reservation = new MemoryReservation(store, events, path, owner, size, limit, this::release);
        open.add(reservation);
        // A commit whose answer was lost may have taken effect.
        Undo.onFailure(
                () -> store.inTransaction(transaction -> {
                    if (owner.state(transaction) == Lease.State.HELD) {
                        throw new DomainStateException("reserving " + size + ": process "
                                + owner.heldBy(transaction).orElseThrow() + " has asked for memory with the id " + id);
                    }
                    // An answer to an older request of that id is no answer to this one.
                    transaction.remove(path);
                    transaction.write(path + "/size-kib", Long.toString(size.value()));
                    transaction.write(path + "/limit-ms", Long.toString(limit.toMillis()));
                    return owner.take(transaction);
                }),
                reservation::close);
        return Optional.of(reservation);
    }

    /**
     * Asks the balancer of the host and waits until the memory is granted.
     *
     * @throws HostMemoryException if the balancer refuses, or does not answer in time
     */
    @Override
    public Optional<Runnable> reserve(UUID domain, KiB size, Duration limit, Cancellation cancellation) {
        Optional<MemoryReservation> asked = ask(domain.toString(), size, limit);
        asked.ifPresent(reservation -> Undo.onFailure(() -> reservation.awaitGrant(cancellation), reservation::close));
        return asked.map(reservation -> reservation::close);
    }

    private void release(MemoryReservation reservation) {
        if (open.contains(reservation)) {
            unreleased.add(reservation);
            reservation.withdraw();
            unreleased.remove(reservation);
            open.remove(reservation);
        }
    }

    /**
     * Withdraws the requests that are open: they end with their toolstack. What cannot be withdrawn because xenstored cannot be
     * reached ends with this process.
     */
    public void withdrawAll() {
        for (MemoryReservation reservation : open) {
            try {
                release(reservation);
            } catch (XenStoreException e) {
                LOG.warn("{} stays until this process ends: {}", reservation, e.getMessage());
            }
        }
    }

    @Override
    public void retryReleases() {
        for (MemoryReservation reservation : unreleased) {
            try {
                release(reservation);
            } catch (XenStoreException e) {
                LOG.debug("{} is not withdrawn yet: {}", reservation, e.getMessage());
            }
        }
    }
}
