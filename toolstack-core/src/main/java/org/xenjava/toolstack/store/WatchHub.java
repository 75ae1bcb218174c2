// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/**
 * The watches of one connection, read by one daemon thread that starts with the first watch. Listeners are called on
 * that thread and must be quick. They learn only that a change has happened. After a loss of the connection every
 * listener is called once, when the connection is there again.
 */
public final class WatchHub implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WatchHub.class);

    /** A wait for the next event; closing the hub ends it. */
    private static final Duration WAIT = Duration.ofHours(1);

    private static final Duration RECHECK = Duration.ofSeconds(1);

    private final XenStore store;
    private final Map<String, Runnable> listeners = new ConcurrentHashMap<>();
    private final AtomicLong nextToken = new AtomicLong();
    private volatile boolean closed;
    private volatile boolean ended;
    private @Nullable Thread reader;

    public WatchHub(XenStore store) {
        this.store = store;
    }

    /** A watch, active until it is closed. */
    public interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Watches a node and all nodes below it. {@code listener} is called once soon, and then at every change.
     *
     * @param path a path, or {@code @releaseDomain}, {@code @introduceDomain}
     * @throws XenStoreException if xenstored refuses
     */
    public Registration watch(String path, Runnable listener) {
        String token = add(listener);
        try {
            store.watch(path, token);
        } catch (XenLibException e) {
            listeners.remove(token);
            throw new XenStoreException("xenstore: cannot watch " + path + ": " + e.errno(), e);
        }
        startReader();
        return () -> unwatch(path, token);
    }

    /**
     * Watches several nodes as {@link #watch} does, and waits once for xenstored.
     *
     * @param listener takes the watched path
     * @return the registrations by path, without those that xenstored refuses
     */
    public Map<String, Registration> watchAll(Collection<String> paths, Consumer<String> listener) {
        List<XenStoreWatchEvent> wanted = paths.stream()
                .map(path -> new XenStoreWatchEvent(path, add(() -> listener.accept(path))))
                .toList();
        List<StoreAnswer> answers;
        try {
            answers = store.watchAll(wanted);
        } catch (RuntimeException e) {
            wanted.forEach(watch -> listeners.remove(watch.token()));
            throw e;
        }
        startReader();
        Map<String, Registration> registrations = new LinkedHashMap<>();
        for (int i = 0; i < wanted.size(); i++) {
            String path = wanted.get(i).path();
            String token = wanted.get(i).token();
            if (answers.get(i) instanceof StoreAnswer.Refused refused) {
                LOG.debug("{} is not watched", path, refused.failure());
                listeners.remove(token);
            } else {
                registrations.put(path, () -> unwatch(path, token));
            }
        }
        return registrations;
    }

    private String add(Runnable listener) {
        String token = "xenjava-" + nextToken.incrementAndGet();
        listeners.put(token, listener);
        return token;
    }

    /**
     * Waits until {@code condition} returns a value. The condition is evaluated at once, at every change of {@code
     * path}, and each second in case a change is missed.
     *
     * @param path a path, or {@code @releaseDomain}
     * @param timeout the longest time to wait
     * @return the value; empty if the timeout expired
     * @throws OperationCancelledException if the hub is closed, or if the waiting thread is interrupted; its
     *     interrupt status stays set
     */
    public <T> Optional<T> await(String path, Duration timeout, Supplier<Optional<T>> condition) {
        return await(path, timeout, condition, listener -> () -> {});
    }

    /**
     * Waits as {@link #await(String, Duration, Supplier)} does, and evaluates the condition also when another source
     * reports a change.
     *
     * @param source calls the listener at each change, until the registration is closed
     */
    public <T> Optional<T> await(
            String path, Duration timeout, Supplier<Optional<T>> condition, Function<Runnable, Registration> source) {
        Semaphore changes = new Semaphore(0);
        Registration other = source.apply(changes::release);
        try {
            return await(path, System.nanoTime() + timeout.toNanos(), condition, changes);
        } finally {
            other.close();
        }
    }

    private <T> Optional<T> await(String path, long deadline, Supplier<Optional<T>> condition, Semaphore changes) {
        Registration registration = watch(path, changes::release);
        try {
            while (true) {
                Optional<T> result = unlessClosed(path, condition);
                long left = deadline - System.nanoTime();
                if (result.isPresent() || left <= 0) {
                    return result;
                }
                if (changes.tryAcquire(Math.min(left, RECHECK.toNanos()), TimeUnit.NANOSECONDS)) {
                    changes.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("waiting for " + path + " was interrupted", e);
        } finally {
            registration.close();
        }
    }

    private <T> Optional<T> unlessClosed(String path, Supplier<Optional<T>> condition) {
        try {
            Optional<T> result = condition.get();
            if (!closed || result.isPresent()) {
                return result;
            }
        } catch (RuntimeException e) {
            if (!closed) {
                throw e;
            }
        }
        throw new OperationCancelledException("waiting for " + path + " ended, since the toolstack was closed");
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

    /** Whether no event comes any more, because the connection is lost for good. */
    public boolean hasEnded() {
        return ended;
    }

    private void readWatches() {
        while (!closed) {
            try {
                store.readWatch(WAIT).ifPresent(event -> {
                    Runnable listener = listeners.get(event.token());
                    if (listener != null) {
                        call(listener);
                    }
                });
                // Nobody interrupts this thread; if somebody does, it must not spin.
                Thread.interrupted();
            } catch (XenLibException e) {
                if (e.errno().equals(Errno.EINTR)) {
                    continue;
                }
                // A connection that cannot reconnect is lost: waiters fall back to their own time limits.
                LOG.warn("xenstore watches ended: {}", e.getMessage());
                ended = true;
                listeners.values().forEach(WatchHub::call);
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

    /** Ends all waiting and stops the reader; the connection stays open. */
    @Override
    public void close() {
        Thread thread;
        synchronized (this) {
            closed = true;
            thread = reader;
        }
        listeners.values().forEach(WatchHub::call);
        if (thread != null && thread != Thread.currentThread()) {
            store.endReadWatch();
            try {
                thread.join(Duration.ofSeconds(1).toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
