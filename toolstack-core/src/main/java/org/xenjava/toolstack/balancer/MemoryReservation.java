// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.xenjava.toolstack.balance.MemoryAnswer;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * A request for memory to the balancer of the host. Granted memory is kept until the reservation or its toolstack is closed,
 * or until this process ends. Close the reservation when the memory is in use.
 */
public final class MemoryReservation implements AutoCloseable {
    private final StoreClient store;
    private final WatchHub events;
    private final String path;
    private final Lease owner;
    private final KiB size;
    private final Duration limit;
    private final Consumer<MemoryReservation> release;

    MemoryReservation(
            StoreClient store,
            WatchHub events,
            String path,
            Lease owner,
            KiB size,
            Duration limit,
            Consumer<MemoryReservation> release) {
        this.store = store;
        this.events = events;
        this.path = path;
        this.owner = owner;
        this.size = size;
        this.limit = limit;
        this.release = release;
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

    /**
     * Ends the reservation. If xenstored cannot be reached, the next request or build of this toolstack, or the next end of a
     * guest, tries again.
     *
     * @throws org.xenjava.toolstack.error.XenStoreException if xenstored cannot be reached
     */
    @Override
    public void close() {
        release.accept(this);
    }

    /** Removes the request, unless another one has taken its place. */
    void withdraw() {
        store.inTransaction(transaction -> {
            boolean ours = owner.state(transaction) == Lease.State.OURS;
            if (ours) {
                transaction.removeWithEmptyParents(path);
            }
            return ours;
        });
    }

    @Override
    public String toString() {
        return "the request for " + size + " at " + path;
    }
}
