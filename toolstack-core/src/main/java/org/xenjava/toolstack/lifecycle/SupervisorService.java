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
 * Runs a {@link Supervisor} on one daemon thread for all domains. Xenstore wakes the thread when a domain stops or
 * goes. Closing the service waits for a running action, such as a restart, and leaves the rest to the next
 * supervisor.
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
     * Handles all domains once and then starts the thread. When this method returns, domains that stopped earlier are
     * handled, and the lease of a single supervised domain is taken.
     *
     * @param supervisor the supervisor
     * @param events watches of xenstore
     * @param clock the supervisor's time, preferably of a clock that never jumps
     * @return the running service
     */
    @SuppressWarnings("exports")
    public static SupervisorService start(Supervisor supervisor, WatchHub events, InstantSource clock) {
        try {
            supervisor.tick(clock.instant());
        } catch (RuntimeException e) {
            LOG.error("the first tick of the supervisor failed; the supervisor continues", e);
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
                LOG.warn("the supervisor detects stopped domains by polling only: {}", e.getMessage());
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
     * Reports the end of the service.
     *
     * @return completes exceptionally if an {@link Error} ends the service, otherwise after {@link #close}
     */
    public CompletableFuture<Void> ended() {
        return service.ended();
    }

    @Override
    public void close() {
        service.close();
    }
}
