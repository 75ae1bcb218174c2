// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.WatchHub;

/**
 * Calls a {@link PodGuard} when it wants to be called: one daemon thread for all domains, woken by xenstore when
 * domains come and go and when the target of one with a debt changes. Closing it ends the thread and leaves to the
 * next guard what is lent.
 */
public final class PodGuardService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PodGuardService.class);
    private static final Duration END = Duration.ofSeconds(5);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(30);

    private final PodGuard guard;
    private final WatchHub events;
    private final InstantSource clock;
    private final Semaphore wakeUps = new Semaphore(0);
    private final List<WatchHub.Registration> hostWatches = new ArrayList<>();
    private final Map<Integer, WatchHub.Registration> targetWatches = new HashMap<>();
    private final Object ticked = new Object();
    private final Thread thread;
    private volatile boolean closed;

    private PodGuardService(PodGuard guard, WatchHub events, InstantSource clock) {
        this.guard = guard;
        this.events = events;
        this.clock = clock;
        this.thread = new Thread(this::run, "pod-guard");
        thread.setDaemon(true);
    }

    /**
     * Starts the thread.
     *
     * @param clock best one that never jumps
     */
    public static PodGuardService start(PodGuard guard, WatchHub events, InstantSource clock) {
        PodGuardService service = new PodGuardService(guard, events, clock);
        service.thread.start();
        return service;
    }

    /** What was seen of each domain when it was looked at last. */
    public List<GuardStatus> statuses() {
        return guard.statuses();
    }

    /**
     * Waits until there is nothing to wait for: every domain is settled, covered, given up, stopped or gone; in {@link
     * GuardMode#OBSERVE} also short. At once if there is no domain.
     *
     * @param timeout at most so long
     * @return false if it is not so yet, or the guard was closed
     */
    public boolean awaitDecided(Duration timeout) throws InterruptedException {
        Instant deadline = clock.instant().plus(timeout);
        synchronized (ticked) {
            while (!guard.decided()) {
                long millis = Duration.between(clock.instant(), deadline).toMillis();
                if (closed || millis <= 0) {
                    return false;
                }
                ticked.wait(millis);
            }
            return true;
        }
    }

    private void run() {
        watchHost("@introduceDomain");
        watchHost("@releaseDomain");
        try {
            while (!closed) {
                Duration next = tick();
                if (wakeUps.tryAcquire(next.toMillis() + 1, TimeUnit.MILLISECONDS)) {
                    wakeUps.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("the guard's thread was interrupted");
        } finally {
            hostWatches.forEach(WatchHub.Registration::close);
            targetWatches.values().forEach(WatchHub.Registration::close);
        }
    }

    private Duration tick() {
        try {
            Duration next = guard.tick(clock.instant());
            watchTargets(guard.unsettled());
            synchronized (ticked) {
                ticked.notifyAll();
            }
            return next;
        } catch (RuntimeException e) {
            LOG.error("the guard failed; it goes on in {}", AFTER_FAILURE, e);
            return AFTER_FAILURE;
        }
    }

    private void watchHost(String path) {
        try {
            hostWatches.add(events.watch(path, () -> {
                guard.rescan();
                wakeUps.release();
            }));
        } catch (XenStoreException e) {
            LOG.warn("the guard sees new domains late: {}", e.getMessage());
        }
    }

    private void watchTargets(Set<Integer> domids) {
        targetWatches.entrySet().removeIf(entry -> {
            boolean settled = !domids.contains(entry.getKey());
            if (settled) {
                entry.getValue().close();
            }
            return settled;
        });
        for (Integer domid : domids) {
            if (!targetWatches.containsKey(domid)) {
                try {
                    targetWatches.put(domid, events.watch(new DomainPaths(domid).memoryTarget(), () -> {
                        guard.wake(domid);
                        wakeUps.release();
                    }));
                } catch (XenStoreException e) {
                    LOG.debug("domain {} is polled only: {}", domid, e.getMessage());
                }
            }
        }
    }

    /** Ends the thread, waiting for the action that is under way; domains run on, and keep what they were lent. */
    @Override
    public void close() {
        closed = true;
        wakeUps.release();
        synchronized (ticked) {
            ticked.notifyAll();
        }
        if (thread != Thread.currentThread()) {
            try {
                thread.join(END.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
