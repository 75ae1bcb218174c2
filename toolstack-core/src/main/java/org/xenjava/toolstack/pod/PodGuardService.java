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
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.service.TickingService;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.WatchHub;

/**
 * Runs a {@link PodGuard} on one daemon thread for all domains. Xenstore wakes the thread when domains come and go
 * and when the target of a domain with a debt changes. Closing the service ends the thread; loans stay for the next
 * guard.
 */
public final class PodGuardService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PodGuardService.class);
    private static final TickingService.Settings SETTINGS =
            TickingService.Settings.daemon("pod-guard", Duration.ofSeconds(30), Duration.ofSeconds(5));

    private final PodGuard guard;
    private final InstantSource clock;
    private final Object ticked = new Object();
    private final Work work;
    private final TickingService service;

    private PodGuardService(PodGuard guard, WatchHub events, InstantSource clock) {
        this.guard = guard;
        this.clock = clock;
        this.work = new Work(events);
        this.service = TickingService.start(SETTINGS, work, clock);
    }

    /**
     * Starts the thread.
     *
     * @param guard the guard
     * @param events watches of xenstore
     * @param clock the guard's time, preferably of a clock that never jumps
     * @return the running service
     */
    @SuppressWarnings("exports")
    public static PodGuardService start(PodGuard guard, WatchHub events, InstantSource clock) {
        return new PodGuardService(guard, events, clock);
    }

    /** {@return the latest reading of each domain} */
    public List<GuardStatus> statuses() {
        return guard.statuses();
    }

    /**
     * Waits until no further change is expected: every domain is settled, covered, given up, stopped or gone; in
     * {@link GuardMode#OBSERVE} also short. Returns at once if there is no domain.
     *
     * @param timeout the longest time to wait
     * @return false if the timeout expired or the guard was closed
     * @throws InterruptedException if the thread is interrupted
     * @throws java.util.concurrent.CompletionException if an {@link Error} has ended the guard
     */
    public boolean awaitDecided(Duration timeout) throws InterruptedException {
        Instant deadline = clock.instant().plus(timeout);
        synchronized (ticked) {
            while (!guard.decided() && !work.over) {
                long millis = Duration.between(clock.instant(), deadline).toMillis();
                if (millis <= 0) {
                    return false;
                }
                ticked.wait(millis);
            }
            if (!work.over) {
                return true;
            }
        }
        // Not under the lock, which the service's thread takes while it ends.
        service.ended().join();
        return guard.decided();
    }

    /**
     * Reports the end of the service.
     *
     * @return completes exceptionally if an {@link Error} ends the service, otherwise after {@link #close}
     */
    public CompletableFuture<Void> ended() {
        return service.ended();
    }

    /** Ends the thread after the running action. Domains continue to run and keep their loans. */
    @Override
    public void close() {
        service.close();
    }

    private final class Work implements TickingService.Work {
        private final WatchHub events;
        private final List<WatchHub.Registration> hostWatches = new ArrayList<>();
        private final Map<Integer, WatchHub.Registration> targetWatches = new HashMap<>();
        private Runnable wake = () -> {};
        private volatile boolean over;

        Work(WatchHub events) {
            this.events = events;
        }

        @Override
        public void begin(Runnable toWake) {
            wake = toWake;
            watchHost("@introduceDomain");
            watchHost("@releaseDomain");
        }

        @Override
        public Duration tick(InstantSource now) {
            Duration next = guard.tick(now.instant());
            watchTargets(guard.unsettled());
            synchronized (ticked) {
                ticked.notifyAll();
            }
            return next;
        }

        @Override
        public void end() {
            hostWatches.forEach(WatchHub.Registration::close);
            targetWatches.values().forEach(WatchHub.Registration::close);
            over = true;
            synchronized (ticked) {
                ticked.notifyAll();
            }
        }

        private void watchHost(String path) {
            try {
                hostWatches.add(events.watch(path, () -> {
                    guard.rescan();
                    wake.run();
                }));
            } catch (XenStoreException e) {
                LOG.warn("the guard detects new domains by polling only: {}", e.getMessage());
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
                            wake.run();
                        }));
                    } catch (XenStoreException e) {
                        LOG.debug("domain {} is polled only: {}", domid, e.getMessage());
                    }
                }
            }
        }
    }
}
