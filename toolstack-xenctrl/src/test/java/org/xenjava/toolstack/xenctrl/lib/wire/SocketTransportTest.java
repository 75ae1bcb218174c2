// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The threads that receive, with a server that sends back each byte. */
@Timeout(60)
class SocketTransportTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final int THREADS = 4;
    private static final int REQUESTS = 500;

    @TempDir
    Path dir;

    private final Bytes bytes = new Bytes();
    private ServerSocketChannel server;
    private SocketChannel client;
    private SocketChannel served;

    /** Counts the bytes of each value, and the threads that have received them. */
    private static final class Bytes implements WireTransport.Receiver {
        private final AtomicInteger[] counts =
                IntStream.range(0, 128).mapToObj(i -> new AtomicInteger()).toArray(AtomicInteger[]::new);
        private final BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
        private final CountDownLatch lost = new CountDownLatch(1);

        @Override
        public void received(ByteBuffer received) {
            boolean some = received.hasRemaining();
            while (received.hasRemaining()) {
                counts[received.get()].incrementAndGet();
            }
            if (some) {
                threads.add(Thread.currentThread());
            }
        }

        @Override
        public void lost(IOException reason) {
            lost.countDown();
        }

        int count(int value) {
            return counts[value].get();
        }
    }

    @BeforeEach
    void connect() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(dir.resolve("socket"));
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(address);
        client = SocketChannel.open(address);
        served = server.accept();
    }

    @AfterEach
    void close() throws IOException {
        served.close();
        client.close();
        server.close();
    }

    private void sendBackEachByte() {
        Thread thread = new Thread(() -> {
            try {
                ByteBuffer buffer = ByteBuffer.allocate(64);
                while (served.read(buffer.clear()) >= 0) {
                    served.write(buffer.flip());
                }
            } catch (IOException e) {
                // The channel was closed.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private SocketTransport transport(Duration rest) throws IOException {
        return new SocketTransport(client, bytes, rest).start();
    }

    /** Sends a byte and waits until it is back for that many times; polls where another thread receives. */
    private void request(WireTransport transport, int value, int times) {
        send(transport, value);
        while (bytes.count(value) < times) {
            transport.receiveAll(() -> bytes.count(value) == times ? 0 : 1, LONG);
            Thread.onSpinWait();
        }
    }

    private static void send(WireTransport transport, int value) {
        try {
            transport.send(ByteBuffer.wrap(new byte[] {(byte) value}));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aThreadThatWaitsReceivesItsAnswers() throws Exception {
        try (SocketTransport transport = transport(LONG)) {
            for (int value = 0; value < 100; value++) {
                CountDownLatch waiting = new CountDownLatch(1);
                int answer = value;
                CompletableFuture<Void> server = CompletableFuture.runAsync(() -> answerAfter(waiting, answer));
                transport.receiveAll(
                        () -> {
                            waiting.countDown();
                            return bytes.count(answer) == 1 ? 0 : 1;
                        },
                        LONG);
                server.join();
            }
        }
        assertEquals(Collections.nCopies(100, Thread.currentThread()), List.copyOf(bytes.threads));
    }

    private void answerAfter(CountDownLatch waiting, int value) {
        try {
            waiting.await();
            served.write(ByteBuffer.wrap(new byte[] {(byte) value}));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void threadsThatWaitAtTheSameTimeAllGetTheirAnswers() throws IOException {
        sendBackEachByte();
        try (SocketTransport transport = transport(Duration.ofMillis(1))) {
            List<CompletableFuture<Void>> threads = IntStream.range(0, THREADS)
                    .mapToObj(value -> CompletableFuture.runAsync(() ->
                            IntStream.rangeClosed(1, REQUESTS).forEach(times -> request(transport, value, times))))
                    .toList();
            threads.forEach(CompletableFuture::join);
        }
        IntStream.range(0, THREADS).forEach(value -> assertEquals(REQUESTS, bytes.count(value)));
    }

    @Test
    void aThreadThatWaitsForManyAnswersGetsAllOfThem() throws IOException {
        sendBackEachByte();
        try (SocketTransport transport = transport(Duration.ofMillis(1))) {
            IntStream.range(0, REQUESTS).forEach(unused -> send(transport, 1));
            transport.receiveAll(() -> REQUESTS - bytes.count(1), LONG);
            assertEquals(REQUESTS, bytes.count(1));
        }
    }

    @Test
    void aThreadThatReceivesForAnotherOneHandsOver() throws Exception {
        try (SocketTransport transport = transport(LONG)) {
            CountDownLatch begun = new CountDownLatch(1);
            CompletableFuture<Void> first = CompletableFuture.runAsync(() -> transport.receiveAll(
                    () -> {
                        begun.countDown();
                        return bytes.count(1) == 1 ? 0 : 1;
                    },
                    LONG));
            begun.await();
            // The first thread receives, so this one returns.
            transport.receiveAll(() -> 1, LONG);
            transport.beginWait();
            served.write(ByteBuffer.wrap(new byte[] {1}));
            first.join();
            served.write(ByteBuffer.wrap(new byte[] {2}));
            while (bytes.count(2) == 0) {
                bytes.threads.take();
            }
            transport.endWait();
        }
    }

    /** The caller leaves before the other thread says that it waits; the daemon thread rests for a minute. */
    @Test
    void aThreadThatWaitsAfterTheLastCallerHasLeftIsServed() throws Exception {
        try (SocketTransport transport = transport(LONG)) {
            served.write(ByteBuffer.wrap(new byte[] {1}));
            transport.receiveAll(() -> bytes.count(1) == 1 ? 0 : 1, LONG);
            transport.beginWait();
            served.write(ByteBuffer.wrap(new byte[] {2}));
            while (bytes.count(2) == 0) {
                bytes.threads.take();
            }
            transport.endWait();
        }
    }

    @Test
    void theDaemonThreadReceivesWhatNobodyWaitsFor() throws Exception {
        try (SocketTransport transport = transport(Duration.ofMillis(1))) {
            served.write(ByteBuffer.wrap(new byte[] {1}));
            assertEquals("xenstore-receiver", bytes.threads.take().getName());
            served.write(ByteBuffer.wrap(new byte[] {2}));
            transport.receiveAll(() -> bytes.count(2) == 1 ? 0 : 1, LONG);
            served.write(ByteBuffer.wrap(new byte[] {3}));
            while (bytes.count(3) == 0) {
                bytes.threads.take();
            }
        }
    }

    @Test
    void anInterruptedThreadDoesNotReceive() throws IOException {
        try (SocketTransport transport = transport(Duration.ofMillis(1))) {
            Thread.currentThread().interrupt();
            transport.receiveAll(() -> 1, LONG);
            assertTrue(Thread.interrupted());
        }
        assertEquals(1, bytes.lost.getCount());
    }

    @Test
    void aThreadThatReceivesReturnsWhenTheTransportIsClosed() throws Exception {
        SocketTransport transport = transport(LONG);
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> transport.receiveAll(
                () -> {
                    begun.countDown();
                    return 1;
                },
                LONG));
        begun.await();
        transport.close();
        waiting.join();
        assertEquals(1, bytes.lost.getCount());
    }

    @Test
    void aThreadThatReceivesReportsTheEndOfTheStream() throws Exception {
        try (SocketTransport transport = transport(LONG)) {
            served.close();
            transport.receiveAll(() -> 1, LONG);
            bytes.lost.await();
        }
    }
}
