// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.service.TickingService;
import org.xenjava.toolstack.store.WatchHub;

/**
 * Runs a {@link MemoryBalancer} on one daemon thread. Xenstore wakes the thread when memory is asked for and when domains
 * come and go. Closing the service ends the thread and gives the role to another balancer; guests keep their sizes.
 */
public final class BalanceService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BalanceService.class);
    private static final TickingService.Settings SETTINGS =
            TickingService.Settings.daemon("memory-balancer", Duration.ofSeconds(5), Duration.ofSeconds(5));

    private final MemoryBalancer balancer;
    private final TickingService service;

    private BalanceService(MemoryBalancer balancer, WatchHub events, InstantSource clock) {
        this.balancer = balancer;
        this.service = TickingService.start(SETTINGS, new Work(balancer, events), clock);
    }

    /**
     * Starts the thread.
     *
     * @param balancer the balancer
     * @param events watches of xenstore
     * @param clock the balancer's time, preferably of a clock that never jumps
     * @return the running service
     */
    @SuppressWarnings("exports")
    public static BalanceService start(MemoryBalancer balancer, WatchHub events, InstantSource clock) {
        return new BalanceService(balancer, events, clock);
    }

    /** {@return the latest look and decision; empty before the first, and while another process acts} */
    public Optional<BalanceView> view() {
        return balancer.view();
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

    private static final class Work implements TickingService.Work {
        private final MemoryBalancer balancer;
        private final WatchHub events;
        private final List<WatchHub.Registration> watches = new ArrayList<>();

        Work(MemoryBalancer balancer, WatchHub events) {
            this.balancer = balancer;
            this.events = events;
        }

        @Override
        public void begin(Runnable wake) {
            for (String path : List.of("@introduceDomain", "@releaseDomain", BalanceNodes.REQUESTS)) {
                try {
                    watches.add(events.watch(path, wake));
                } catch (XenStoreException e) {
                    LOG.warn("the balancer looks at {} in its own time only: {}", path, e.getMessage());
                }
            }
        }

        @Override
        public Duration tick(InstantSource clock) {
            return balancer.tick(clock.instant());
        }

        @Override
        public void end() {
            watches.forEach(WatchHub.Registration::close);
            balancer.close();
        }
    }
}
