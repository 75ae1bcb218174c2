// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.pv.LocalBackEnds;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.service.TickingService;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * The device server of the driver domain in which this process runs. While it is open, it connects the disks and network
 * cards of other domains that name this domain as their {@code backend}: it opens the file or block device of a disk and
 * joins the interface of a card to its bridge, or runs the device's hotplug script. When the toolstack detaches a device,
 * the server disconnects it and removes its nodes. The class is safe to use from many threads.
 *
 * <p>The toolstack of domain 0 builds the driver domain with {@code driver_domain = 1}. A device stays connected when the
 * server is closed or killed; the next server adopts it without running anything for it, and releases what has been
 * detached meanwhile.
 *
 * <pre>{@code
 * try (DriverDomain server = DriverDomain.options().listener(System.out::println).open()) {
 *     server.ended().join();
 * }
 * }</pre>
 */
public final class DriverDomain implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DriverDomain.class);
    private static final int MOST_THREADS = 8;
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(2);

    /** After a minute without xenstore, its connection is taken for lost. */
    private static final int MOST_FAILURES = 30;

    private final int domid;
    private final XenLibraries libraries;
    private final ServedRecords records;
    private final WatchHub events;
    private final ThreadPoolExecutor workers;
    private final DeviceServer server;
    private final TickingService service;

    private DriverDomain(
            int domid,
            XenLibraries libraries,
            ServedRecords records,
            StoreClient store,
            HotplugScripts scripts,
            DriverDomainOptions options) {
        this.domid = domid;
        this.libraries = libraries;
        this.records = records;
        this.events = new WatchHub(libraries.store());
        this.workers = new ThreadPoolExecutor(
                MOST_THREADS,
                MOST_THREADS,
                IDLE.toMillis(),
                TimeUnit.MILLISECONDS,
                new LinkedBlockingQueue<>(),
                daemon("device-work"));
        workers.allowCoreThreadTimeOut(true);
        BackEndTree tree = new BackEndTree(store, domid);
        DeviceWork work = new DeviceWork(
                tree,
                records,
                new LocalBackEnds(libraries.hostDevices(), store),
                libraries.hostDevices(),
                scripts,
                options.hotplug,
                options.deviceLimit);
        this.server = new DeviceServer(tree, work, records, events, workers, options.listener);
        AtomicInteger failures = new AtomicInteger();
        TickingService.Settings settings = new TickingService.Settings(
                "device server",
                daemon("device-server"),
                failure -> afterFailure(failure, failures.incrementAndGet()),
                CLOSE_LIMIT);
        this.service = TickingService.start(
                settings, new Counted(server, failures), () -> Instant.EPOCH.plusNanos(System.nanoTime()));
    }

    /** The work of the server, which forgets earlier failures when it succeeds. */
    private record Counted(DeviceServer server, AtomicInteger failures) implements TickingService.Work {
        @Override
        public void begin(Runnable wake) {
            server.begin(wake);
        }

        @Override
        public Duration tick(InstantSource clock) {
            Duration next = server.tick(clock);
            failures.set(0);
            return next;
        }

        @Override
        public void end() {
            server.end();
        }
    }

    private static Duration afterFailure(RuntimeException failure, int count) {
        if (count >= MOST_FAILURES) {
            throw failure;
        }
        if (count == 1) {
            LOG.warn("the device server cannot look at its devices; it continues: {}", failure.getMessage(), failure);
        }
        return AFTER_FAILURE;
    }

    private static ThreadFactory daemon(String name) {
        return work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** {@return options for a server, to change before it is opened} */
    public static DriverDomainOptions options() {
        return new DriverDomainOptions();
    }

    static DriverDomain open(XenLibraries libraries, HotplugScripts scripts, DriverDomainOptions options) {
        StoreClient store = new StoreClient(libraries.store());
        // Relative to the home of the domain whose connection this is.
        long own = store.readLong("domid")
                .orElseThrow(() -> new DomainStateException("xenstore has no node 'domid' of"
                        + " this domain, which toolstacks write: is this a domain of Xen?"));
        if (own <= 0 || own >= FIRST_RESERVED) {
            throw new DomainStateException("this is domain " + own
                    + ", whose devices the toolstack connects itself; a device server runs in a driver domain");
        }
        ServedRecords records = ServedRecords.open(options.records, (int) own);
        return new DriverDomain((int) own, libraries, records, store, scripts, options);
    }

    /** {@code DOMID_FIRST_RESERVED}. */
    private static final int FIRST_RESERVED = 0x7FF0;

    /** {@return the number of this domain} */
    public int domid() {
        return domid;
    }

    /** {@return the devices of other domains whose back ends are in this domain, as they were at the last look} */
    public List<ServedDevice> devices() {
        return server.devices();
    }

    /**
     * {@return a future that completes when the server has ended: normally after {@link #close}, exceptionally if
     * xenstored did not answer for a minute, or if an {@link Error} ended the server}
     */
    public CompletableFuture<Void> ended() {
        return service.ended();
    }

    /**
     * Ends the server and the scripts that run; waits for them up to 10 seconds. Devices stay connected. A device whose
     * script was ended is connected anew by the next server.
     */
    @Override
    public void close() {
        service.close();
        workers.shutdownNow();
        try {
            if (!workers.awaitTermination(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("work for a device has not ended within {} s", CLOSE_LIMIT.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        events.close();
        records.close();
        libraries.close();
    }
}
