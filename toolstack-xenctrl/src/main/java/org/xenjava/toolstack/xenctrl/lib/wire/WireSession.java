// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/** One connection, from its opening to its loss. Answers find their requests by number. Safe to use from many threads. */
final class WireSession implements WireTransport.Receiver {
    private final WireTransport transport;
    private final Duration answerLimit;
    private final Consumer<XenStoreWatchEvent> watches;
    private final Consumer<WireSession> onLoss;
    private final Map<Integer, CompletableFuture<WireMessage>> pending = new ConcurrentHashMap<>();
    private final AtomicInteger lastRequest = new AtomicInteger();
    private final Object sending = new Object();
    private final WireDecoder decoder = new WireDecoder();
    private volatile boolean lost;
    private volatile String lossReason = "closed";

    /** The connection ended before the answer came, or before the request could be sent. */
    static final class LostException extends Exception {
        private static final long serialVersionUID = 1L;

        LostException(String reason) {
            super(reason, null, false, false);
        }
    }

    /** A request that was sent. */
    record Sent(int request, CompletableFuture<WireMessage> answer) {}

    /**
     * Connects.
     *
     * @param watches takes watch events; must not block
     * @param onLoss called once when the connection ends by itself; must not block
     */
    WireSession(
            WireTransport.Connector connector,
            Duration answerLimit,
            Consumer<XenStoreWatchEvent> watches,
            Consumer<WireSession> onLoss) {
        this.answerLimit = answerLimit;
        this.watches = watches;
        this.onLoss = onLoss;
        this.transport = connector.connect(this);
    }

    boolean isLost() {
        return lost;
    }

    /** Why the connection ended. */
    String lossReason() {
        return lossReason;
    }

    /** Receives events soon from now on. */
    void expectEvents() {
        transport.expectEvents();
    }

    /** Sends requests in one go. */
    List<Sent> send(int transaction, List<WireRequest> requests) {
        List<Sent> sent = new ArrayList<>(requests.size());
        List<WireMessage> messages = new ArrayList<>(requests.size());
        for (WireRequest request : requests) {
            int number = lastRequest.updateAndGet(last -> last == Integer.MAX_VALUE ? 1 : last + 1);
            CompletableFuture<WireMessage> answer = new CompletableFuture<>();
            pending.put(number, answer);
            sent.add(new Sent(number, answer));
            messages.add(WireMessage.of(request.op(), number, transaction, request.payload()));
        }
        ByteBuffer bytes = ByteBuffer.allocate(
                messages.stream().mapToInt(WireMessage::size).sum());
        messages.forEach(message -> message.encode(bytes));
        bytes.flip();
        try {
            synchronized (sending) {
                if (!lost) {
                    transport.send(bytes);
                }
            }
        } catch (IOException e) {
            lost(e);
        }
        if (lost) {
            // These may have been added after the loss swept the others away.
            sent.forEach(request -> request.answer().cancel(false));
        }
        return sent;
    }

    /** Receives the answers to requests if no other thread does. {@link #await} waits for those that have not come. */
    void receive(List<Sent> requests) {
        receive(requests, answerLimit);
    }

    private void receive(List<Sent> requests, Duration limit) {
        transport.receiveAll(
                () -> (int) requests.stream()
                        .filter(request -> !request.answer().isDone())
                        .count(),
                limit);
    }

    /**
     * Waits for the answer to a request. An interrupt does not end the wait, since the request was sent already.
     *
     * @throws LostException if the connection ends first
     */
    WireMessage await(Sent request) throws LostException {
        // Without a look at the clock, which is a system call in a domain of Xen.
        long deadline = request.answer().isDone() ? 0 : System.nanoTime() + answerLimit.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    if (request.answer().isDone()) {
                        return request.answer().get();
                    }
                    receive(List.of(request), Duration.ofNanos(deadline - System.nanoTime()));
                    return received(request, deadline);
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (TimeoutException e) {
                    lost(new IOException(
                            "xenstored did not answer a request within " + answerLimit.toSeconds() + " seconds"));
                    close();
                } catch (ExecutionException | CancellationException e) {
                    throw new LostException(lossReason);
                }
            }
        } finally {
            pending.remove(request.request());
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The answer, which another thread may have to receive. */
    private WireMessage received(Sent request, long deadline)
            throws InterruptedException, ExecutionException, TimeoutException {
        if (request.answer().isDone()) {
            return request.answer().get();
        }
        transport.beginWait();
        try {
            return request.answer().get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } finally {
            transport.endWait();
        }
    }

    @Override
    public void received(ByteBuffer bytes) {
        try {
            synchronized (decoder) {
                decoder.feed(bytes, this::dispatch);
            }
        } catch (IOException e) {
            lost(e);
            close();
        }
    }

    private void dispatch(WireMessage message) {
        if (message.type() == WireOp.WATCH_EVENT.number()) {
            List<String> pathAndToken = message.strings();
            if (pathAndToken.size() >= 2) {
                watches.accept(new XenStoreWatchEvent(pathAndToken.get(0), pathAndToken.get(1)));
            }
            return;
        }
        CompletableFuture<WireMessage> answer = pending.remove(message.request());
        if (answer != null) {
            answer.complete(message);
        }
    }

    @Override
    public void lost(IOException reason) {
        synchronized (this) {
            if (lost) {
                return;
            }
            lossReason = String.valueOf(reason.getMessage());
            lost = true;
        }
        failPending();
        onLoss.accept(this);
    }

    /** Ends the connection. */
    void close() {
        lost = true;
        failPending();
        transport.close();
    }

    private void failPending() {
        pending.values().forEach(answer -> answer.cancel(false));
    }
}
