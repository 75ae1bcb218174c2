// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.service.TickingService;
import org.xenjava.toolstack.store.WatchHub;

/**
 * Calls a {@link Supervisor} when it wants to be called: one daemon thread for all domains, woken by xenstore when a
 * domain stops or goes. Closing it waits for what is under way, such as a restart, and leaves everything else to the
 * next supervisor.
 */
public final class SupervisorService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SupervisorService.class);
    private static final TickingService.Settings SETTINGS =
            TickingService.Settings.daemon("supervisor", Duration.ofSeconds(30), Duration.ofMinutes(1));

    private final TickingService service;

    private SupervisorService(TickingService service) {
        this.service = service;
    }

    /**
     * Looks at all domains once, so that those that stopped while nobody watched are dealt with and a domain of its own
     * is claimed when this returns; then starts the thread.
     *
     * @param clock best one that never jumps
     * @return the running service
     */
    @SuppressWarnings("exports")
    public static SupervisorService start(Supervisor supervisor, WatchHub events, InstantSource clock) {
        try {
            supervisor.tick(clock.instant());
        } catch (RuntimeException e) {
            LOG.error("the supervisor failed at its first look; it goes on", e);
        }
        return new SupervisorService(TickingService.start(SETTINGS, new Work(supervisor, events), clock));
    }

    private static final class Work implements TickingService.Work {
        private final Supervisor supervisor;
        private final WatchHub events;
        private Optional<WatchHub.Registration> watch = Optional.empty();

        Work(Supervisor supervisor, WatchHub events) {
            this.supervisor = supervisor;
            this.events = events;
        }

        @Override
        public void begin(Runnable wake) {
            try {
                watch = Optional.of(events.watch("@releaseDomain", wake));
            } catch (XenStoreException e) {
                LOG.warn("the supervisor sees late that domains stop: {}", e.getMessage());
            }
        }

        @Override
        public Duration tick(InstantSource clock) {
            return supervisor.tick(clock.instant());
        }

        @Override
        public void end() {
            watch.ifPresent(WatchHub.Registration::close);
            supervisor.release();
        }
    }

    /**
     * Completes when the service has ended: exceptionally if an {@link Error} ended it, else after {@link #close}.
     */
    public CompletableFuture<Void> ended() {
        return service.ended();
    }

    @Override
    public void close() {
        service.close();
    }
}
