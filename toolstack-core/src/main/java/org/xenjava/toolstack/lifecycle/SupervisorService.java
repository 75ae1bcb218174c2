// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.store.WatchHub;

/**
 * Calls a {@link Supervisor} when it wants to be called: one daemon thread for all domains, woken by xenstore when one
 * stops or goes. Closing it waits for what is under way, a restart for example, and leaves everything else to the
 * next supervisor.
 */
public final class SupervisorService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SupervisorService.class);
    private static final Duration END = Duration.ofMinutes(1);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(30);

    private final Supervisor supervisor;
    private final WatchHub events;
    private final InstantSource clock;
    private final Semaphore wakeUps = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closed;

    private SupervisorService(Supervisor supervisor, WatchHub events, InstantSource clock) {
        this.supervisor = supervisor;
        this.events = events;
        this.clock = clock;
        this.thread = new Thread(this::run, "supervisor");
        thread.setDaemon(true);
    }

    /**
     * Looks at all domains once, so that those that stopped while nobody watched are dealt with and a domain of its own
     * is claimed when this returns; then starts the thread.
     *
     * @param clock best one that never jumps
     */
    public static SupervisorService start(Supervisor supervisor, WatchHub events, InstantSource clock) {
        SupervisorService service = new SupervisorService(supervisor, events, clock);
        service.tick();
        service.thread.start();
        return service;
    }

    private void run() {
        WatchHub.Registration watch = watch();
        try {
            while (!closed) {
                Duration next = tick();
                if (wakeUps.tryAcquire(next.toMillis() + 1, TimeUnit.MILLISECONDS)) {
                    wakeUps.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("the supervisor's thread was interrupted");
        } finally {
            watch.close();
            supervisor.release();
        }
    }

    private WatchHub.Registration watch() {
        try {
            return events.watch("@releaseDomain", wakeUps::release);
        } catch (XenStoreException e) {
            LOG.warn("the supervisor sees late that domains stop: {}", e.getMessage());
            return () -> {};
        }
    }

    private Duration tick() {
        try {
            return supervisor.tick(clock.instant());
        } catch (RuntimeException e) {
            LOG.error("the supervisor failed; it goes on in {}", AFTER_FAILURE, e);
            return AFTER_FAILURE;
        }
    }

    @Override
    public void close() {
        closed = true;
        wakeUps.release();
        if (thread != Thread.currentThread()) {
            try {
                thread.join(END.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
