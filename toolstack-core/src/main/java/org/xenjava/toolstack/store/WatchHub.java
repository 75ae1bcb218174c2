// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/**
 * Watches of one connection, read by one daemon thread that starts with the first watch. Listeners are called on
 * that thread and must be quick; they learn that something changed, not what it is now.
 */
public final class WatchHub implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WatchHub.class);
    private static final Duration POLL = Duration.ofMillis(250);

    private final XenStore store;
    private final Map<String, Runnable> listeners = new ConcurrentHashMap<>();
    private final AtomicLong nextToken = new AtomicLong();
    private volatile boolean closed;
    private @Nullable Thread reader;

    public WatchHub(XenStore store) {
        this.store = store;
    }

    /** A watch that is on until it is closed. */
    public interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Watches a node and all below it; {@code listener} is called once soon, then at every change.
     *
     * @param path a path, or {@code @releaseDomain}, {@code @introduceDomain}
     * @throws XenStoreException if xenstored refuses
     */
    public Registration watch(String path, Runnable listener) {
        String token = "xenjava-" + nextToken.incrementAndGet();
        listeners.put(token, listener);
        try {
            store.watch(path, token);
        } catch (XenLibException e) {
            listeners.remove(token);
            throw new XenStoreException("xenstore: cannot watch " + path + ": " + e.errno(), e);
        }
        startReader();
        return () -> unwatch(path, token);
    }

    private void unwatch(String path, String token) {
        if (listeners.remove(token) == null || closed) {
            return;
        }
        try {
            store.unwatch(path, token);
        } catch (XenLibException e) {
            LOG.debug("unwatch {} failed", path, e);
        }
    }

    private synchronized void startReader() {
        if (reader == null && !closed) {
            reader = new Thread(this::readWatches, "xenstore-watches");
            reader.setDaemon(true);
            reader.start();
        }
    }

    private void readWatches() {
        while (!closed) {
            try {
                store.readWatch(POLL).ifPresent(event -> {
                    Runnable listener = listeners.get(event.token());
                    if (listener != null) {
                        call(listener);
                    }
                });
            } catch (XenLibException e) {
                if (e.errno().equals(Errno.EINTR)) {
                    continue;
                }
                // xenstored is gone: waiters fall back to their own time limits.
                LOG.warn("xenstore watches ended: {}", e.getMessage());
                return;
            } catch (IllegalStateException e) {
                return; // the connection was closed under us
            }
        }
    }

    private static void call(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException e) {
            LOG.error("a watch's listener failed", e);
        }
    }

    /** Stops the reader; the connection stays open. Waits for the reader, at most a second. */
    @Override
    public void close() {
        Thread thread;
        synchronized (this) {
            closed = true;
            thread = reader;
        }
        if (thread != null && thread != Thread.currentThread()) {
            try {
                thread.join(Duration.ofSeconds(1).toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
