// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection through xenstored's socket. A thread that waits for an answer receives by itself, so that no other thread
 * has to wake up between xenstored and the caller. While no thread waits, a daemon thread receives what xenstored sends
 * unasked. Senders write themselves, and leave to the daemon thread what the socket does not take at once. The channel
 * does not block, since a blocking one is closed when a thread that uses it is interrupted.
 *
 * <p>xenstored sends each answer by itself. A thread that waits for many sleeps while they gather, see {@link
 * AnswerPace}, since a wake-up for each answer takes longer than xenstored's work for it.
 */
final class SocketTransport implements WireTransport {
    private static final Logger LOG = LoggerFactory.getLogger(SocketTransport.class);
    private static final int RECEIVE_BYTES = 1 << 16;

    /** The daemon thread leaves the socket to callers until none has received for this time. */
    private static final Duration REST = Duration.ofMillis(1);

    private static final int LONGEST_REST_FACTOR = 16;

    /** While no events are expected, only the loss of the connection is to be noticed. */
    private static final int QUIET_REST_FACTOR = 100;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final Receiver receiver;
    private final Thread daemon = new Thread(this::run, "xenstore-receiver");
    private final Deque<ByteBuffer> unsent = new ArrayDeque<>();
    private volatile boolean closed;

    /** Held while bytes are received and passed on, so that they keep their order. */
    private final Object receiving = new Object();

    private final ByteBuffer received = ByteBuffer.allocateDirect(RECEIVE_BYTES);

    /** Held by the caller that receives. */
    private final ReentrantLock calling = new ReentrantLock();

    private final Selector callersSelector;
    private volatile boolean callerReceives;

    /** Threads that wait for what another thread is to receive. */
    private final AtomicInteger waiting = new AtomicInteger();

    private volatile @Nullable Thread resting;
    private volatile long lastCall;
    private volatile boolean eventsExpected;
    private final long restNanos;

    /**
     * Takes over a connected channel.
     *
     * @throws IOException if it cannot be made non-blocking
     */
    SocketTransport(SocketChannel channel, Receiver receiver) throws IOException {
        this(channel, receiver, REST);
    }

    SocketTransport(SocketChannel channel, Receiver receiver, Duration rest) throws IOException {
        restNanos = rest.toNanos();
        lastCall = System.nanoTime() - restNanos;
        this.channel = channel;
        this.receiver = receiver;
        channel.configureBlocking(false);
        selector = Selector.open();
        key = channel.register(selector, SelectionKey.OP_READ);
        callersSelector = Selector.open();
        channel.register(callersSelector, SelectionKey.OP_READ);
    }

    /** Starts to receive. */
    SocketTransport start() {
        daemon.setDaemon(true);
        daemon.start();
        return this;
    }

    @Override
    public void send(ByteBuffer bytes) throws IOException {
        synchronized (unsent) {
            if (unsent.isEmpty()) {
                channel.write(bytes);
            }
            if (bytes.hasRemaining()) {
                ByteBuffer rest =
                        ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
                unsent.add(rest);
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                selector.wakeup();
                LockSupport.unpark(daemon);
            }
        }
    }

    private void sendRest() throws IOException {
        synchronized (unsent) {
            while (!unsent.isEmpty()) {
                channel.write(unsent.element());
                if (unsent.element().hasRemaining()) {
                    return;
                }
                unsent.remove();
            }
            key.interestOps(SelectionKey.OP_READ);
        }
    }

    private boolean hasUnsent() {
        synchronized (unsent) {
            return !unsent.isEmpty();
        }
    }

    @Override
    public void receiveAll(IntSupplier missing, Duration limit) {
        if (!calling.tryLock()) {
            return;
        }
        try {
            callerReceives = true;
            receiveAsCaller(missing, System.nanoTime() + limit.toNanos());
        } catch (ClosedSelectorException e) {
            LOG.trace("closed while a caller received", e);
        } catch (IOException | RuntimeException e) {
            end(e);
        } finally {
            lastCall = System.nanoTime();
            callerReceives = false;
            calling.unlock();
            if (waiting.get() > 0) {
                LockSupport.unpark(daemon);
            }
        }
    }

    private void receiveAsCaller(IntSupplier missing, long deadline) throws IOException {
        int count = count(missing);
        AnswerPace pace = new AnswerPace(count, System.nanoTime());
        while (!closed && count > 0) {
            rest(pace.rest(count, System.nanoTime()));
            long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
            // A selector does not wait in an interrupted thread.
            if (left <= 0 || Thread.currentThread().isInterrupted()) {
                return;
            }
            callersSelector.select(left);
            callersSelector.selectedKeys().clear();
            synchronized (receiving) {
                receive();
            }
            count = count(missing);
        }
    }

    /** Another thread that waits for an answer ends the sleep and prevents the next one. */
    private void rest(long nanos) {
        if (nanos > 0) {
            resting = Thread.currentThread();
            if (waiting.get() == 0) {
                LockSupport.parkNanos(this, nanos);
            }
            resting = null;
        }
    }

    /** Waits for the daemon thread to pass on what it has received, which may be the answer. */
    private int count(IntSupplier missing) {
        synchronized (receiving) {
            return missing.getAsInt();
        }
    }

    private void run() {
        try {
            while (!closed) {
                selector.select();
                selector.selectedKeys().clear();
                if (closed) {
                    break;
                }
                if (hasUnsent()) {
                    sendRest();
                }
                synchronized (receiving) {
                    if (!callerReceives) {
                        receive();
                    }
                }
                leaveToCallers();
            }
        } catch (IOException | RuntimeException e) {
            end(e);
        } finally {
            release();
        }
    }

    @Override
    public void beginWait() {
        waiting.incrementAndGet();
        LockSupport.unpark(resting);
        LockSupport.unpark(daemon);
    }

    @Override
    public void endWait() {
        waiting.decrementAndGet();
    }

    @Override
    public void expectEvents() {
        eventsExpected = true;
        LockSupport.unpark(daemon);
    }

    /** The longer a caller receives, the longer this thread sleeps, since each wake-up takes time from xenstored. */
    private void leaveToCallers() {
        long nanos = shortestRest();
        while (!closed && !hasUnsent() && (callerReceives || isCallerExpected())) {
            LockSupport.parkNanos(this, nanos);
            nanos = callerReceives
                    ? Math.max(shortestRest(), Math.min(2 * nanos, LONGEST_REST_FACTOR * restNanos))
                    : shortestRest();
        }
    }

    private boolean isCallerExpected() {
        return waiting.get() == 0 && System.nanoTime() - lastCall < shortestRest();
    }

    private long shortestRest() {
        return eventsExpected ? restNanos : QUIET_REST_FACTOR * restNanos;
    }

    private void receive() throws IOException {
        received.clear();
        int count = channel.read(received);
        if (count < 0) {
            throw new EOFException("xenstored closed it");
        }
        received.flip();
        receiver.received(received);
    }

    private void end(Exception reason) {
        if (!closed) {
            receiver.lost(reason instanceof IOException failure ? failure : new IOException(reason));
        }
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        callersSelector.wakeup();
        LockSupport.unpark(daemon);
    }

    private void release() {
        closed = true;
        try (channel;
                selector;
                callersSelector) {
            key.cancel();
        } catch (IOException e) {
            LOG.debug("closing the socket of xenstored failed", e);
        }
    }
}
