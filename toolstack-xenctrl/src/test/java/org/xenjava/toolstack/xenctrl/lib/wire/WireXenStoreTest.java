// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.xenctrl.lib.XenStore.NO_TRANSACTION;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.StoreRequest;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

@Timeout(30)
class WireXenStoreTest {
    private static final byte[] VALUE = "v".getBytes(UTF_8);

    private final ScriptedXenstored daemon = new ScriptedXenstored();
    private final XenStore store = open(Duration.ofMillis(200));

    private XenStore open(Duration patience) {
        return WireXenStore.open(
                daemon,
                "the test",
                new ReconnectPolicy(patience, Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofMillis(300)));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static Errno refusal(Runnable call) {
        return assertThrows(XenLibException.class, call::run).errno();
    }

    private static List<StoreRequest> writes(int count) {
        return IntStream.range(0, count)
                .<StoreRequest>mapToObj(i -> new StoreRequest.Write("/n" + i, VALUE))
                .toList();
    }

    // ---- requests and answers -----------------------------------------------------------------------------

    @Test
    void everyRequestHasItsArgumentsOnTheWire() {
        store.write(NO_TRANSACTION, "/a", VALUE);
        store.setPermissions(
                NO_TRANSACTION,
                "/a",
                List.of(
                        new XenStorePermission(0, XenStorePermission.NONE),
                        new XenStorePermission(7, XenStorePermission.READ | XenStorePermission.WRITE)));
        store.introduceDomain(7, 0xfeffc, 3);
        assertEquals(
                List.of("/a\0v", "/a\0n0\0b7\0", "7\0" + 0xfeffc + "\0" + "3\0"),
                daemon.requests().stream()
                        .map(request -> new String(request.payload(), UTF_8))
                        .toList());
    }

    @Test
    void answersAreReadAsTheyAreOnTheWire() {
        daemon.answering(request -> new WireMessage(request.type(), request.request(), 0, "n0\0r7\0".getBytes(UTF_8)));
        assertArrayEquals("n0\0r7\0".getBytes(UTF_8), store.read(NO_TRANSACTION, "/a"));
        assertEquals(List.of("n0", "r7"), store.directory(NO_TRANSACTION, "/a"));
        assertEquals(
                List.of(
                        new XenStorePermission(0, XenStorePermission.NONE),
                        new XenStorePermission(7, XenStorePermission.READ)),
                store.getPermissions(NO_TRANSACTION, "/a"));
    }

    @Test
    void aRefusalHasTheFunctionAndErrno() {
        daemon.answering(request -> ScriptedXenstored.error(request, "EACCES"));
        XenLibException refusal = assertThrows(XenLibException.class, () -> store.rm(NO_TRANSACTION, "/a"));
        assertEquals("xs_rm: EACCES", refusal.getMessage());
    }

    @Test
    void aMalformedAnswerIsEio() {
        daemon.answering(request -> ScriptedXenstored.error(request, "ENONSENSE"));
        assertEquals(Errno.EIO, refusal(() -> store.read(NO_TRANSACTION, "/a")));
        daemon.answering(request -> WireMessage.of(WireOp.MKDIR, request.request(), 0, new byte[0]));
        assertEquals(Errno.EIO, refusal(() -> store.read(NO_TRANSACTION, "/a")));
        daemon.answering(request -> ScriptedXenstored.answer(request, "x?"));
        assertEquals(Errno.EIO, refusal(() -> store.getPermissions(NO_TRANSACTION, "/a")));
        assertEquals(Errno.EIO, refusal(store::transactionStart));
    }

    @Test
    void aRequestThatIsTooLargeOrHasAZeroByteInItsPathIsNotSent() {
        assertEquals(Errno.E2BIG, refusal(() -> store.write(NO_TRANSACTION, "/a", new byte[4094])));
        assertEquals(Errno.EINVAL, refusal(() -> store.read(NO_TRANSACTION, "/a\0b")));
        assertTrue(daemon.batches.isEmpty());
        store.write(NO_TRANSACTION, "/a", new byte[4093]);
        assertEquals(1, daemon.batches.size());
    }

    @Test
    void aDirectoryThatFitsIntoNoMessageIsReadInParts() {
        daemon.answering(request -> {
            List<String> arguments = request.strings();
            if (request.type() == WireOp.DIRECTORY.number()) {
                return ScriptedXenstored.error(request, "E2BIG");
            }
            boolean first = arguments.get(1).equals("0");
            return new WireMessage(
                    request.type(), request.request(), 0, (first ? "5\0one\0two\0" : "5\0three\0\0").getBytes(UTF_8));
        });
        assertEquals(List.of("one", "two", "three"), store.directory(NO_TRANSACTION, "/a"));
        assertEquals(List.of("/a", "8"), daemon.requests().get(2).strings());
    }

    @Test
    void aDirectoryThatChangesBetweenItsPartsIsReadAgain() {
        List<String> parts = new ArrayList<>(List.of("5\0one\0", "6\0three\0\0", "6\0two\0", "6\0three\0\0"));
        daemon.answering(request -> request.type() == WireOp.DIRECTORY.number()
                ? ScriptedXenstored.error(request, "E2BIG")
                : new WireMessage(
                        request.type(), request.request(), 0, parts.remove(0).getBytes(UTF_8)));
        assertEquals(List.of("two", "three"), store.directory(NO_TRANSACTION, "/a"));
    }

    // ---- pipelines ----------------------------------------------------------------------------------------

    @Test
    void aPipelineIsSentInOneGo() {
        int transaction = store.transactionStart();
        List<StoreAnswer> answers = store.pipeline(transaction, writes(40));
        assertEquals(40, answers.size());
        assertEquals(List.of(1, 40), daemon.batches.stream().map(List::size).toList());
    }

    @Test
    void eachRequestOfAPipelineHasItsOwnAnswerInWhateverOrderTheyCome() {
        daemon.answeringBatches(batch -> {
            List<WireMessage> answers = new ArrayList<>(batch.stream()
                    .map(request -> request.text().equals("/n1")
                            ? ScriptedXenstored.error(request, "ENOSPC")
                            : ScriptedXenstored.answer(request, "OK"))
                    .toList());
            Collections.reverse(answers);
            return answers;
        });
        List<StoreAnswer> answers = store.pipeline(NO_TRANSACTION, writes(3));
        assertInstanceOf(StoreAnswer.Done.class, answers.get(0));
        assertEquals(
                Errno.ENOSPC,
                assertInstanceOf(StoreAnswer.Refused.class, answers.get(1))
                        .failure()
                        .errno());
        assertInstanceOf(StoreAnswer.Done.class, answers.get(2));
    }

    @Test
    void aRequestThatCannotBeSentDoesNotDelayTheOthersOfItsPipeline() {
        List<StoreAnswer> answers = store.pipeline(
                NO_TRANSACTION, List.of(new StoreRequest.Write("/a", new byte[5000]), new StoreRequest.Mkdir("/b")));
        assertEquals(
                Errno.E2BIG,
                assertInstanceOf(StoreAnswer.Refused.class, answers.get(0))
                        .failure()
                        .errno());
        assertInstanceOf(StoreAnswer.Done.class, answers.get(1));
    }

    @Test
    void aPipelineThatLosesItsConnectionGoesOnWithTheFirstRequestWithoutAnAnswer() {
        daemon.answeringBatches(batch -> {
            if (daemon.connections == 1) {
                daemon.push(
                        ScriptedXenstored.answer(batch.get(0), "OK").encoded().array());
                daemon.drop();
                return List.of();
            }
            return ScriptedXenstored.allOk(batch);
        });
        List<StoreAnswer> answers = store.pipeline(NO_TRANSACTION, writes(3));
        assertTrue(answers.stream().allMatch(StoreAnswer.Done.class::isInstance));
        assertEquals(
                List.of("/n1", "/n2"),
                daemon.batches.get(1).stream().map(WireMessage::text).toList());
    }

    // ---- a lost connection --------------------------------------------------------------------------------

    @Test
    void aRequestOutsideATransactionIsMadeAgain() {
        store.write(NO_TRANSACTION, "/a", VALUE);
        daemon.drop();
        store.write(NO_TRANSACTION, "/a", VALUE);
        assertEquals(2, daemon.connections);
    }

    @Test
    void aRequestWaitsForXenstoredToComeBack() {
        try (XenStore patient = open(Duration.ofMinutes(1))) {
            daemon.down = true;
            daemon.drop();
            CompletableFuture<byte[]> waiting = CompletableFuture.supplyAsync(() -> patient.read(NO_TRANSACTION, "/a"));
            assertThrows(java.util.concurrent.TimeoutException.class, () -> waiting.get(20, TimeUnit.MILLISECONDS));
            daemon.down = false;
            assertArrayEquals("OK\0".getBytes(UTF_8), waiting.join());
        }
    }

    @Test
    void theTimeoutIsCountedFromTheLossOfTheConnection() {
        daemon.down = true;
        daemon.drop();
        assertEquals(Errno.EPIPE, refusal(() -> store.read(NO_TRANSACTION, "/a")));
        long start = System.nanoTime();
        IntStream.range(0, 20).forEach(i -> assertEquals(Errno.EPIPE, refusal(store::transactionStart)));
        assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(2), "twenty requests waited ten times");
    }

    @Test
    void anOpenTransactionIsLostAndItsNumberMeansNoOther() {
        int lost = store.transactionStart();
        daemon.drop();
        int fresh = store.transactionStart();
        // Both have number 1 on the wire.
        assertEquals(Errno.EPIPE, refusal(() -> store.write(lost, "/a", VALUE)));
        assertEquals(Errno.EPIPE, refusal(() -> store.transactionCommit(lost)));
        store.transactionCommit(fresh);
        assertEquals(Errno.ENOENT, refusal(() -> store.transactionCommit(fresh)));
        assertEquals(
                List.of(
                        WireOp.TRANSACTION_START.number(),
                        WireOp.TRANSACTION_START.number(),
                        WireOp.TRANSACTION_END.number()),
                daemon.types());
    }

    @Test
    void theAbortOfALostTransactionIsDone() {
        int lost = store.transactionStart();
        daemon.drop();
        store.transactionAbort(lost);
    }

    @Test
    void anIntroductionWithoutAnAnswerIsNotRepeated() {
        daemon.answeringBatches(batch -> {
            daemon.drop();
            return List.of();
        });
        assertEquals(Errno.EPIPE, refusal(() -> store.introduceDomain(7, 1, 1)));
        assertEquals(List.of(WireOp.INTRODUCE_DOMAIN.number()), daemon.types());
    }

    @Test
    void aRequestThatLosesEveryConnectionFails() {
        daemon.answeringBatches(batch -> {
            daemon.drop();
            return List.of();
        });
        assertEquals(Errno.EPIPE, refusal(() -> store.read(NO_TRANSACTION, "/a")));
        assertEquals(3, daemon.batches.size());
    }

    @Test
    void aMessageBeyondTheLimitEndsTheConnection() {
        byte[] header = WireMessage.of(WireOp.READ, 1, 0, new byte[0]).encoded().array();
        header[13] = 0x11;
        daemon.push(header);
        store.read(NO_TRANSACTION, "/a");
        assertEquals(2, daemon.connections);
    }

    @Test
    void aXenstoredThatDoesNotAnswerCountsAsLost() {
        daemon.answeringBatches(batch -> daemon.connections == 1 ? List.of() : ScriptedXenstored.allOk(batch));
        store.read(NO_TRANSACTION, "/a");
        assertEquals(2, daemon.connections);
    }

    // ---- watches ------------------------------------------------------------------------------------------

    private void fire(String path, String token) {
        daemon.push(WireMessage.of(WireOp.WATCH_EVENT, 0, 0, WireMessage.strings(path, token))
                .encoded()
                .array());
    }

    @Test
    void aWatchEventWakesTheReader() {
        CompletableFuture<Optional<XenStoreWatchEvent>> reader =
                CompletableFuture.supplyAsync(() -> store.readWatch(Duration.ofDays(100_000)));
        fire("/a", "t");
        assertEquals(Optional.of(new XenStoreWatchEvent("/a", "t")), reader.join());
        assertEquals(Optional.empty(), store.readWatch(Duration.ZERO));
    }

    @Test
    void anEventThatWaitsIsNotQueuedAgain() {
        for (int i = 0; i < 1000; i++) {
            fire("/a", "t");
            fire("/a/b", "t");
        }
        assertEquals(Optional.of(new XenStoreWatchEvent("/a", "t")), store.readWatch(Duration.ZERO));
        assertEquals(Optional.of(new XenStoreWatchEvent("/a/b", "t")), store.readWatch(Duration.ZERO));
        assertEquals(Optional.empty(), store.readWatch(Duration.ZERO));
        fire("/a", "t");
        assertEquals(Optional.of(new XenStoreWatchEvent("/a", "t")), store.readWatch(Duration.ZERO));
    }

    @Test
    void aNewConnectionRegistersTheWatchesThatAreOn() {
        store.watch("/a", "1");
        store.watch("/b", "2");
        store.unwatch("/a", "1");
        daemon.drop();
        daemon.batches.clear();
        assertEquals(Optional.empty(), store.readWatch(Duration.ZERO));
        assertEquals(
                List.of(List.of("/b", "2")),
                daemon.requests().stream().map(WireMessage::strings).toList());
    }

    @Test
    void aReaderThatWaitsConnectsAgainByItself() {
        store.watch("/a", "1");
        CompletableFuture<Optional<XenStoreWatchEvent>> reader =
                CompletableFuture.supplyAsync(() -> store.readWatch(Duration.ofMinutes(1)));
        daemon.answering(request -> {
            fire("/a", "1");
            return ScriptedXenstored.answer(request, "OK");
        });
        daemon.drop();
        assertEquals(Optional.of(new XenStoreWatchEvent("/a", "1")), reader.join());
    }

    @Test
    void aWatchIsRegisteredOnceAndItsEventsEndWithIt() {
        store.watch("/a", "t");
        assertEquals(Errno.EEXIST, refusal(() -> store.watch("/a", "t")));
        fire("/a/b", "t");
        store.unwatch("/a", "t");
        assertEquals(Errno.ENOENT, refusal(() -> store.unwatch("/a", "t")));
        assertEquals(Optional.empty(), store.readWatch(Duration.ZERO));
    }

    @Test
    void severalWatchesAreSetInOneGoAndARefusedOneIsNotRegisteredAgain() {
        store.watch("/a", "t");
        daemon.batches.clear();
        daemon.answering(request -> request.strings().contains("/b")
                ? ScriptedXenstored.error(request, "ENOSPC")
                : ScriptedXenstored.answer(request, "OK"));
        List<StoreAnswer> answers = store.watchAll(List.of(
                new XenStoreWatchEvent("/a", "t"),
                new XenStoreWatchEvent("/b", "t"),
                new XenStoreWatchEvent("/c", "t")));
        assertEquals(
                Errno.EEXIST,
                assertInstanceOf(StoreAnswer.Refused.class, answers.get(0))
                        .failure()
                        .errno());
        assertEquals(
                Errno.ENOSPC,
                assertInstanceOf(StoreAnswer.Refused.class, answers.get(1))
                        .failure()
                        .errno());
        assertEquals(new StoreAnswer.Done(), answers.get(2));
        assertEquals(1, daemon.batches.size());

        daemon.drop();
        daemon.batches.clear();
        assertEquals(Optional.empty(), store.readWatch(Duration.ZERO));
        assertEquals(
                Set.of(List.of("/a", "t"), List.of("/c", "t")),
                daemon.requests().stream().map(WireMessage::strings).collect(Collectors.toSet()));
    }

    @Test
    void anInterruptEndsTheWaitForAnEventButNotThatForAnAnswer() {
        Thread.currentThread().interrupt();
        store.write(NO_TRANSACTION, "/a", VALUE);
        assertEquals(Optional.empty(), store.readWatch(Duration.ofMinutes(1)));
        assertTrue(Thread.interrupted());
    }

    // ---- closing ------------------------------------------------------------------------------------------

    @Test
    void nothingWorksAfterClosing() {
        CompletableFuture<Optional<XenStoreWatchEvent>> reader =
                CompletableFuture.supplyAsync(() -> store.readWatch(Duration.ofMinutes(1)));
        int transaction = store.transactionStart();
        store.close();
        assertThrows(Exception.class, reader::join);
        assertThrows(IllegalStateException.class, () -> store.read(NO_TRANSACTION, "/a"));
        assertThrows(IllegalStateException.class, () -> store.transactionCommit(transaction));
        assertThrows(IllegalStateException.class, () -> store.readWatch(Duration.ZERO));
        store.close();
    }
}
