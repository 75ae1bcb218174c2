// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pool;

import java.time.Duration;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.create.PreparedGuests;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.service.TickingService;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Domains that are prepared ahead of need: each has its vCPUs and its memory, and waits for an image and a name. A
 * create of a guest with the same sizes, CPU settings and limits takes one and skips the steps
 * that are done; kernel, disks, network cards and name may differ. One thread replaces what was taken.
 *
 * <p>The domains own real memory. A create of the same toolstack that lacks memory gets theirs; operations that change
 * the size of a guest, and other processes, do not. Closing the pool, or the toolstack, removes the domains. If the
 * process dies, the next toolstack that opens removes them, or {@code xlj gc}.
 */
public final class GuestPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GuestPool.class);
    private static final Duration IDLE = Duration.ofMinutes(1);
    private static final Duration WITHOUT_MEMORY = Duration.ofSeconds(10);
    private static final TickingService.Settings SETTINGS =
            TickingService.Settings.daemon("guest-pool", Duration.ofSeconds(30), Duration.ofMinutes(1));

    private final HostContext context;
    private final DomainConfig like;
    private final GuestPoolPolicy policy;
    private final PreparedGuests prepared;
    private final Cancellation cancellation = new Cancellation();
    private final Object changed = new Object();
    private final Runnable refill = this::wake;
    private final TickingService service;
    private boolean closed;

    private GuestPool(HostContext context, DomainConfig like, GuestPoolPolicy policy, InstantSource clock) {
        this.context = context;
        this.like = like;
        this.policy = policy;
        this.prepared = context.builder().prepared();
        this.service = TickingService.start(SETTINGS, time -> fill(), clock);
    }

    /**
     * Starts the thread. The toolstack calls this.
     *
     * @param context the toolstack's services
     * @param like a guest of the shape
     * @param policy number of domains and reserve
     * @param clock a clock that never jumps
     * @return the running pool
     */
    @SuppressWarnings("exports")
    public static GuestPool start(HostContext context, DomainConfig like, GuestPoolPolicy policy, InstantSource clock) {
        return new GuestPool(context, like, policy, clock);
    }

    /** {@return the number of domains that wait now} */
    public int ready() {
        return prepared.count(refill);
    }

    /** {@return the host memory that the waiting domains own or have claimed} */
    public Pages memory() {
        return prepared.memory(refill);
    }

    /**
     * Waits until as many domains wait as the policy says.
     *
     * @param timeout the longest time to wait
     * @return false if the timeout expired or the pool was closed
     * @throws InterruptedException if the thread is interrupted
     */
    public boolean awaitFull(Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        synchronized (changed) {
            while (ready() < policy.guests() && !closed) {
                long millis = Duration.ofNanos(end - System.nanoTime()).toMillis();
                if (millis <= 0) {
                    return false;
                }
                changed.wait(millis);
            }
            return !closed;
        }
    }

    private void wake() {
        service.wake();
    }

    private Duration fill() {
        try {
            while (ready() < policy.guests() && !isClosed()) {
                context.attempting("preparing a guest like " + like.name(), () -> {
                    prepared.prepare(like, policy.reserve(), refill, cancellation);
                    return like;
                });
                synchronized (changed) {
                    changed.notifyAll();
                }
            }
            return IDLE;
        } catch (HostMemoryException | OperationCancelledException e) {
            LOG.debug("the pool prepares none for now", e);
            return WITHOUT_MEMORY;
        }
    }

    private boolean isClosed() {
        synchronized (changed) {
            return closed;
        }
    }

    /** Ends the thread and removes the domains that wait. */
    @Override
    public void close() {
        synchronized (changed) {
            if (closed) {
                return;
            }
            closed = true;
            changed.notifyAll();
        }
        cancellation.cancel();
        service.close();
        context.attempting("closing a pool of prepared guests", () -> {
            prepared.discardAll(refill);
            return like;
        });
    }
}
