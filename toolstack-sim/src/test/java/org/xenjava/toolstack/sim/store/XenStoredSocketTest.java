// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.xenctrl.lib.XenStore.NO_TRANSACTION;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.StoreRequest;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;
import org.xenjava.toolstack.xenctrl.lib.wire.ReconnectPolicy;
import org.xenjava.toolstack.xenctrl.lib.wire.XenStoredSocket;

/** The client over a real Unix socket, behind which the simulated xenstored answers. */
@Timeout(60)
class XenStoredSocketTest {
    private static final byte[] VALUE = "v".getBytes(UTF_8);

    @TempDir
    Path dir;

    private SocketServer server;
    private XenStore store;

    @BeforeEach
    void open() throws IOException {
        server = new SocketServer(dir.resolve("socket"));
        server.start();
        store = new XenStoredSocket(dir.resolve("socket")).open(ReconnectPolicy.standard());
    }

    @AfterEach
    void close() throws IOException {
        store.close();
        server.stop();
    }

    private static Errno refusal(Runnable call) {
        return assertThrows(XenLibException.class, call::run).errno();
    }

    @Test
    void requestsOfManyThreadsShareOneConnection() {
        List<CompletableFuture<Void>> threads = IntStream.range(0, 8)
                .mapToObj(thread -> CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < 100; i++) {
                        byte[] value = (thread + " " + i).getBytes(UTF_8);
                        store.write(NO_TRANSACTION, "/t" + thread, value);
                        assertArrayEquals(value, store.read(NO_TRANSACTION, "/t" + thread));
                    }
                }))
                .toList();
        threads.forEach(CompletableFuture::join);
        assertEquals(1, server.accepted());
    }

    @Test
    void aPipelineLargerThanTheSocketsBufferArrivesWhole() {
        byte[] value = new byte[3000];
        List<StoreRequest> writes = IntStream.range(0, 1000)
                .<StoreRequest>mapToObj(i -> new StoreRequest.Write("/big/" + i, value))
                .toList();
        int transaction = store.transactionStart();
        List<StoreAnswer> answers = store.pipeline(transaction, writes);
        assertTrue(answers.stream().allMatch(StoreAnswer.Done.class::isInstance));
        store.transactionCommit(transaction);
        // 1000 names need 3,890 bytes; 100 more do not fit into one message.
        IntStream.range(1000, 1100).forEach(i -> store.write(NO_TRANSACTION, "/big/" + i, VALUE));
        assertEquals(1100, store.directory(NO_TRANSACTION, "/big").size());
    }

    @Test
    void anInterruptedThreadDoesNotEndTheConnection() {
        Thread.currentThread().interrupt();
        store.write(NO_TRANSACTION, "/a", VALUE);
        assertTrue(Thread.interrupted());
        assertArrayEquals(VALUE, store.read(NO_TRANSACTION, "/a"));
        assertEquals(1, server.accepted());
    }

    @Test
    void aWatchFiresWhileAnotherThreadMakesRequests() {
        store.watch("/a", "t");
        assertEquals("/a", store.readWatch(Duration.ofMinutes(1)).orElseThrow().path());
        CompletableFuture<Optional<XenStoreWatchEvent>> reader =
                CompletableFuture.supplyAsync(() -> store.readWatch(Duration.ofMinutes(1)));
        store.write(NO_TRANSACTION, "/a/b", VALUE);
        assertEquals("/a/b", reader.join().orElseThrow().path());
    }

    @Test
    void aXenstoredThatComesBackIsFoundAgain() throws IOException {
        store.watch("/a", "t");
        assertTrue(store.readWatch(Duration.ofMinutes(1)).isPresent());
        int transaction = store.transactionStart();
        server.stop();
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> store.write(NO_TRANSACTION, "/late", VALUE));
        server.start();
        waiting.join();
        assertEquals(Errno.EPIPE, refusal(() -> store.transactionCommit(transaction)));
        assertTrue(store.readWatch(Duration.ofMinutes(1)).isPresent());
        assertArrayEquals(VALUE, store.read(NO_TRANSACTION, "/late"));
    }

    @Test
    void closingWakesTheReaderAtOnce() {
        CompletableFuture<Optional<XenStoreWatchEvent>> reader =
                CompletableFuture.supplyAsync(() -> store.readWatch(Duration.ofMinutes(1)));
        store.close();
        assertThrows(CompletionException.class, reader::join);
    }

    @Test
    void aMissingSocketAndOneWithoutAServerAreDifferentErrors() throws IOException {
        XenStoredSocket missing = new XenStoredSocket(dir.resolve("missing"));
        assertEquals(Errno.ENOENT, refusal(() -> missing.open(ReconnectPolicy.impatient())));
        server.stop();
        Files.deleteIfExists(dir.resolve("socket"));
        Files.createFile(dir.resolve("socket"));
        XenStoredSocket deaf = new XenStoredSocket(dir.resolve("socket"));
        assertEquals(Errno.ECONNREFUSED, refusal(() -> deaf.open(ReconnectPolicy.impatient())));
    }

    @Test
    void theEnvironmentNamesTheSocketAsItDoesForLibxenstore() {
        assertEquals(
                Optional.of(new XenStoredSocket(Path.of("/x/s"))),
                XenStoredSocket.find(Map.of("XENSTORED_PATH", "/x/s", "XENSTORED_RUNDIR", "/y")));
        assertEquals(
                Optional.of(new XenStoredSocket(Path.of("/y/socket"))),
                XenStoredSocket.find(Map.of("XENSTORED_RUNDIR", "/y")));
    }

    /** Several clients of one server do not see each other's transactions. */
    @Test
    void aSecondConnectionHasItsOwnTransactions() {
        try (XenStore other = new XenStoredSocket(dir.resolve("socket")).open(ReconnectPolicy.standard())) {
            List<Integer> mine = new ArrayList<>(List.of(store.transactionStart()));
            store.write(mine.get(0), "/mine", VALUE);
            assertEquals(Errno.ENOENT, refusal(() -> other.read(NO_TRANSACTION, "/mine")));
            store.transactionCommit(mine.get(0));
            assertArrayEquals(VALUE, other.read(NO_TRANSACTION, "/mine"));
        }
    }
}
