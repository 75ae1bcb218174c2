// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.service;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls its work when the work asks to be called, and when somebody wakes it, on one thread. An exception goes to the
 * error handler, which says when to go on. An {@link Error} ends the service: {@link #ended} then completes
 * exceptionally, and the error goes to the thread's handler of uncaught exceptions, so that a process whose service
 * does nothing any more can end with a failure.
 */
public final class TickingService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TickingService.class);

    private final Settings settings;
    private final Work work;
    private final InstantSource clock;
    private final Semaphore wakeUps = new Semaphore(0);
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final Thread thread;
    private volatile boolean closed;

    /** What is done. All methods are called on the service's thread. */
    public interface Work {
        /**
         * Called once, before the first tick.
         *
         * @param wake makes the next tick come at once; safe to call from any thread
         */
        default void begin(Runnable wake) {}

        /**
         * Does what is due.
         *
         * @param clock the time
         * @return how long to wait for the next call, unless somebody wakes the service
         */
        Duration tick(InstantSource clock);

        /** Called once, after the last tick, whatever ended the service. */
        default void end() {}
    }

    /**
     * How a service runs.
     *
     * @param name for messages and for the thread
     * @param threads makes the thread
     * @param onFailure is given what a tick has thrown, and says how long to wait for the next one
     * @param closeLimit how long {@link #close} waits for a tick that is under way
     */
    public record Settings(
            String name, ThreadFactory threads, Function<RuntimeException, Duration> onFailure, Duration closeLimit) {
        /** A daemon thread; failures are logged. */
        public static Settings daemon(String name, Duration afterFailure, Duration closeLimit) {
            ThreadFactory threads = work -> {
                Thread thread = new Thread(work, name);
                thread.setDaemon(true);
                return thread;
            };
            return new Settings(
                    name,
                    threads,
                    failure -> {
                        LOG.error("the {} failed; it goes on in {} s", name, afterFailure.toSeconds(), failure);
                        return afterFailure;
                    },
                    closeLimit);
        }
    }

    private TickingService(Settings settings, Work work, InstantSource clock) {
        this.settings = settings;
        this.work = work;
        this.clock = clock;
        this.thread = settings.threads().newThread(this::run);
    }

    /**
     * Starts the thread.
     *
     * @param clock best one that never jumps
     */
    public static TickingService start(Settings settings, Work work, InstantSource clock) {
        TickingService service = new TickingService(settings, work, clock);
        service.thread.start();
        return service;
    }

    /** Makes the next tick come at once. Safe to call from any thread. */
    public void wake() {
        wakeUps.release();
    }

    /** Completes when the service has ended: normally if it was closed, exceptionally if an {@link Error} ended it. */
    public CompletableFuture<Void> ended() {
        return end.copy();
    }

    private void run() {
        try {
            work.begin(this::wake);
            while (!closed) {
                Duration next = tick();
                if (wakeUps.tryAcquire(next.toMillis() + 1, TimeUnit.MILLISECONDS)) {
                    wakeUps.drainPermits();
                }
            }
            finish();
            end.complete(null);
        } catch (InterruptedException e) {
            LOG.debug("the {}'s thread was interrupted", settings.name());
            finish();
            end.complete(null);
        } catch (RuntimeException | Error e) {
            LOG.error("the {} has ended by an error; nothing is done any more", settings.name(), e);
            finish();
            end.completeExceptionally(e);
            throw e;
        }
    }

    private Duration tick() {
        try {
            return work.tick(clock);
        } catch (RuntimeException e) {
            return settings.onFailure().apply(e);
        }
    }

    private void finish() {
        try {
            work.end();
        } catch (RuntimeException e) {
            LOG.error("the {} failed while it ended", settings.name(), e);
        }
    }

    /** Ends the service; waits for the tick that is under way, up to the limit. May be called by the work itself. */
    @Override
    public void close() {
        closed = true;
        wake();
        if (thread != Thread.currentThread()) {
            try {
                thread.join(settings.closeLimit().toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
