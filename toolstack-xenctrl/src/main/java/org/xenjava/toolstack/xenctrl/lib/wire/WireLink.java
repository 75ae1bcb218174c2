// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/**
 * The connection to a xenstored that may die and come back: the current session, the watches that every session
 * registers, and the events that fired. The thread that needs a connection makes it; there is no thread of its own.
 */
final class WireLink {
    private static final Logger LOG = LoggerFactory.getLogger(WireLink.class);
    private static final Duration FOREVER = Duration.ofDays(36_500);

    private final WireTransport.Connector connector;
    private final String name;
    private final ReconnectPolicy policy;
    private final Set<XenStoreWatchEvent> watches = ConcurrentHashMap.newKeySet();

    // The lock is never held while a transport is called, since a simulated one takes the machine's lock.
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // An event that waits already is not added again: a guest that writes a watched node all the time fills no memory.
    private final Set<XenStoreWatchEvent> events = new LinkedHashSet<>();
    private WireSession session;
    private long lostAt;
    private boolean connecting;
    private boolean waitEnded;
    private boolean closed;

    WireLink(WireTransport.Connector connector, String name, ReconnectPolicy policy) {
        this.connector = connector;
        this.name = name;
        this.policy = policy;
        session = newSession();
    }

    /** The registered watches, which a new session registers again. */
    Set<XenStoreWatchEvent> watches() {
        return watches;
    }

    /** Learns that a watch was registered. */
    void expectEvents() {
        WireSession current;
        lock.lock();
        try {
            current = session;
        } finally {
            lock.unlock();
        }
        current.expectEvents();
    }

    /** @throws IllegalStateException if the link was closed */
    void requireOpen() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the connection to xenstored is closed");
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * A session, which may be lost a moment later. Connects if there is none, and waits for xenstored within the policy.
     *
     * @throws XenLibException EPIPE if xenstored cannot be reached
     */
    WireSession session(WireRequest request) {
        Backoff backoff = new Backoff();
        while (true) {
            Optional<WireSession> current = currentOrConnect();
            if (current.isPresent()) {
                return current.get();
            }
            if (!sleepWithinPatience(backoff)) {
                throw request.failure(Errno.EPIPE);
            }
        }
    }

    /** The next event; empty if none came in time or the thread was interrupted. Connects meanwhile if need be. */
    Optional<XenStoreWatchEvent> awaitEvent(Duration timeout) {
        long deadline = System.nanoTime() + (timeout.compareTo(FOREVER) < 0 ? timeout : FOREVER).toNanos();
        Backoff backoff = new Backoff();
        while (true) {
            boolean connected = currentOrConnect().isPresent();
            lock.lock();
            try {
                long left = deadline - System.nanoTime();
                requireOpen();
                Iterator<XenStoreWatchEvent> oldest = events.iterator();
                if (oldest.hasNext()) {
                    XenStoreWatchEvent event = oldest.next();
                    oldest.remove();
                    return Optional.of(event);
                }
                if (left <= 0 || waitEnded) {
                    waitEnded = false;
                    return Optional.empty();
                }
                if (!session.isLost() || !connected) {
                    await(session.isLost() ? Math.min(left, backoff.next()) : left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            } finally {
                lock.unlock();
            }
        }
    }

    private void await(long nanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        changed.awaitNanos(nanos);
    }

    /** Ends the wait for an event that is under way, or else the next one. */
    void endWait() {
        lock.lock();
        try {
            waitEnded = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void forgetEvents(String path, String token) {
        lock.lock();
        try {
            events.removeIf(event -> event.token().equals(token) && event.path().startsWith(path));
        } finally {
            lock.unlock();
        }
    }

    void close() {
        WireSession last;
        lock.lock();
        try {
            closed = true;
            last = session;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        last.close();
    }

    /** The current session; connects if it was lost and no other thread does. Empty if there is still none. */
    private Optional<WireSession> currentOrConnect() {
        lock.lock();
        try {
            requireOpen();
            if (!session.isLost()) {
                return Optional.of(session);
            }
            if (connecting) {
                return Optional.empty();
            }
            connecting = true;
        } finally {
            lock.unlock();
        }
        @Nullable WireSession fresh = null;
        try {
            fresh = reconnect();
        } finally {
            install(fresh);
        }
        return Optional.ofNullable(fresh);
    }

    private @Nullable WireSession reconnect() {
        try {
            WireSession fresh = newSession();
            registerWatches(fresh);
            return fresh;
        } catch (XenLibException | WireSession.LostException e) {
            LOG.debug("xenstored at {} cannot be reached: {}", name, e.getMessage());
            return null;
        }
    }

    private WireSession newSession() {
        return new WireSession(connector, policy.answerLimit(), this::onEvent, this::onLoss);
    }

    private void registerWatches(WireSession fresh) throws WireSession.LostException {
        List<WireRequest> requests = watches.stream()
                .map(watch -> WireRequest.of(WireOp.WATCH, watch.path(), watch.token()))
                .toList();
        if (requests.isEmpty()) {
            return;
        }
        for (WireSession.Sent sent : fresh.send(0, requests)) {
            WireMessage answer = fresh.await(sent);
            if (answer.type() == WireOp.ERROR.number()) {
                LOG.warn("xenstored at {} refused a watch that was registered before: {}", name, answer.text());
            }
        }
    }

    private void install(@Nullable WireSession fresh) {
        boolean close = false;
        lock.lock();
        try {
            connecting = false;
            if (fresh != null) {
                session = fresh;
                close = closed;
                LOG.warn(
                        "connected to xenstored at {} again after {} ms; {} watches registered again",
                        name,
                        Duration.ofNanos(System.nanoTime() - lostAt).toMillis(),
                        watches.size());
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (fresh != null && !watches.isEmpty()) {
            // One that was added meanwhile has told the session before.
            fresh.expectEvents();
        }
        if (close && fresh != null) {
            fresh.close();
        }
    }

    /** Waits for the next attempt; answers false if the policy's patience is over. */
    private boolean sleepWithinPatience(Backoff backoff) {
        lock.lock();
        try {
            long left = policy.patience().toNanos() - (System.nanoTime() - lostAt);
            if (!session.isLost()) {
                return true;
            }
            if (left <= 0) {
                return false;
            }
            await(Math.min(left, backoff.next()));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void onEvent(XenStoreWatchEvent event) {
        lock.lock();
        try {
            events.add(event);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void onLoss(WireSession lost) {
        lock.lock();
        try {
            if (!closed && lost == session) {
                lostAt = System.nanoTime();
                LOG.warn("the connection to xenstored at {} was lost ({}); connecting again", name, lost.lossReason());
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Delays that double. */
    private final class Backoff {
        private long nanos = policy.firstDelay().toNanos();

        long next() {
            long delay = nanos;
            nanos = Math.min(2 * nanos, policy.longestDelay().toNanos());
            return delay;
        }
    }
}
