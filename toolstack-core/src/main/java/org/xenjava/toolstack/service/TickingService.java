// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.service;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs work on one thread, its own or the caller's, at the times that the work asks for and when a thread wakes the
 * service. An exception goes to the error handler, which decides the time of the next tick. An {@link Error} ends the
 * service: {@link #ended} completes exceptionally, and the error goes to the thread's handler of uncaught exceptions, so
 * that a process whose service has ended can end with a failure.
 */
public final class TickingService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TickingService.class);

    private final Settings settings;
    private final Work work;
    private final InstantSource clock;
    private final Semaphore wakeUps = new Semaphore(0);
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final Idle idle;
    private final Thread thread;
    private volatile boolean closed;

    /** The work of a service. All methods are called on the service's thread. */
    public interface Work {
        /**
         * Called once, before the first tick.
         *
         * @param wake makes the next tick come at once; safe to call from any thread
         */
        default void begin(Runnable wake) {}

        /**
         * Does the work that is due.
         *
         * @param clock the time
         * @return the time until the next call, unless a thread wakes the service
         */
        Duration tick(InstantSource clock);

        /** Called once, after the last tick, also if an error ended the service. */
        default void end() {}
    }

    /** Waits between two ticks. */
    @FunctionalInterface
    public interface Idle {
        /**
         * Waits.
         *
         * @param next the time until the next tick
         * @return false to end the service
         * @throws InterruptedException if the thread is interrupted; the service ends
         */
        boolean await(Duration next) throws InterruptedException;
    }

    /**
     * The settings of a service.
     *
     * @param name for messages and for the thread
     * @param threads makes the thread
     * @param onFailure gets the exception of a tick and returns the time until the next one
     * @param closeLimit the longest time for which {@link #close} waits for a running tick
     */
    public record Settings(
            String name, ThreadFactory threads, Function<RuntimeException, Duration> onFailure, Duration closeLimit) {
        /**
         * Creates settings for a daemon thread that logs failures.
         *
         * @param name for messages and for the thread
         * @param afterFailure the time until the next tick after a failure
         * @param closeLimit the longest time for which {@link #close} waits for a running tick
         * @return the settings
         */
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
                        LOG.error("the {} failed; the next tick is in {} s", name, afterFailure.toSeconds(), failure);
                        return afterFailure;
                    },
                    closeLimit);
        }
    }

    private TickingService(
            Settings settings, Work work, InstantSource clock, Optional<Idle> idle, ThreadFactory threads) {
        this.settings = settings;
        this.work = work;
        this.clock = clock;
        this.idle = idle.orElse(this::awaitWake);
        this.thread = threads.newThread(this::runOnOwnThread);
    }

    /**
     * Starts the thread.
     *
     * @param settings the settings
     * @param work the work
     * @param clock the time for the work, preferably of a clock that never jumps
     * @return the running service
     */
    public static TickingService start(Settings settings, Work work, InstantSource clock) {
        TickingService service = new TickingService(settings, work, clock, Optional.empty(), settings.threads());
        service.thread.start();
        return service;
    }

    /**
     * Runs the work on the calling thread until {@code idle} ends it. The caller gets an {@link Error}, and an exception
     * that the error handler throws.
     *
     * @param settings the settings; those of the thread have no effect
     * @param work the work
     * @param clock the time for the work
     * @param idle waits between two ticks instead of for a wake-up
     */
    public static void run(Settings settings, Work work, InstantSource clock, Idle idle) {
        new TickingService(settings, work, clock, Optional.of(idle), run -> Thread.currentThread()).run();
    }

    /** Makes the next tick come at once. Safe to call from any thread. */
    public void wake() {
        wakeUps.release();
    }

    /**
     * {@return a future that completes when the service has ended: normally if it was closed, exceptionally if an
     * {@link Error} ended it}
     */
    public CompletableFuture<Void> ended() {
        return end.copy();
    }

    private void runOnOwnThread() {
        try {
            run();
            end.complete(null);
        } catch (RuntimeException | Error e) {
            LOG.error("an error has ended the {}", settings.name(), e);
            end.completeExceptionally(e);
            throw e;
        }
    }

    private void run() {
        try {
            work.begin(this::wake);
            boolean wanted = true;
            while (wanted && !closed) {
                wanted = idle.await(tick());
            }
        } catch (InterruptedException e) {
            LOG.debug("the {}'s thread was interrupted", settings.name());
        } finally {
            finish();
        }
    }

    private boolean awaitWake(Duration next) throws InterruptedException {
        if (wakeUps.tryAcquire(next.toMillis() + 1, TimeUnit.MILLISECONDS)) {
            wakeUps.drainPermits();
        }
        return true;
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
            LOG.error("the {} failed during its end", settings.name(), e);
        }
    }

    /** Ends the service and waits for a running tick, up to the limit. The work itself may call this method. */
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
