// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.Mockito;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;
import org.xenjava.toolstack.xenctrl.units.Pages;

@Timeout(30)
class ThreadsTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final XenStoreWatchEvent EVENT = new XenStoreWatchEvent("/state", "token");

    @TempDir
    Path dir;

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stopThreads() {
        threads.shutdownNow();
    }

    @Test
    void callsOfManyThreadsAreRecordedOneByOne() throws Exception {
        Path trace = dir.resolve("trace.jsonl.gz");
        try (XenLibraries libraries = Recordings.recorder(Contents.HASH).wrap(new FakeXen(), trace)) {
            Xenctrl xenctrl = Xenctrl.open(libraries);
            List<Future<?>> all = new ArrayList<>();
            for (int thread = 1; thread <= 8; thread++) {
                int domid = thread;
                all.add(threads.submit(() -> {
                    for (int i = 1; i <= 50; i++) {
                        xenctrl.memory().setPodTarget(domid, Pages.of(1000L * domid + i));
                        Recordings.write(libraries, "/" + domid, Integer.toString(i));
                    }
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }

        Trace read = TraceReader.read(trace);
        assertTrue(read.isComplete());
        Map<Long, List<Long>> targets = read.records().stream()
                .filter(HypercallRecord.class::isInstance)
                .map(HypercallRecord.class::cast)
                .filter(r -> r.operation().equals("set_pod_target"))
                .collect(Collectors.groupingBy(
                        r -> r.number("domid"),
                        Collectors.mapping(r -> r.number("target_pages"), Collectors.toList())));
        assertEquals(8, targets.size());
        targets.forEach((domid, pages) -> {
            assertEquals(50, pages.size());
            assertEquals(pages.stream().sorted().toList(), pages, "each thread's calls keep their order");
        });
    }

    @Test
    void aWaitingCallBlocksNoOtherCallAndIsRecordedWhenItReturns() throws Exception {
        Path trace = dir.resolve("trace");
        FakeXen xen = new FakeXen();
        BlockingQueue<XenStoreWatchEvent> events = new ArrayBlockingQueue<>(1);
        Mockito.when(xen.store.readWatch(Mockito.any())).thenAnswer(call -> Optional.of(events.take()));
        try (XenLibraries libraries = Recordings.recorder(Contents.HASH).wrap(xen, trace)) {
            Future<Optional<XenStoreWatchEvent>> waiter =
                    threads.submit(() -> libraries.store().readWatch(LONG));
            Mockito.verify(xen.store, Mockito.timeout(20_000)).readWatch(LONG);
            Recordings.write(libraries, "/state", "4");
            events.put(EVENT);
            assertEquals(Optional.of(EVENT), waiter.get());
        }
        assertEquals(
                List.of("write", "readWatch"),
                TraceReader.read(trace).records().stream()
                        .map(r -> ((TracedCall) r).method())
                        .toList());
    }

    /** Two writes, then an event, then another write. */
    private Path recordedWait() {
        Path trace = dir.resolve("trace");
        FakeXen xen = new FakeXen();
        Mockito.when(xen.store.readWatch(Mockito.any()))
                .thenReturn(Optional.empty())
                .thenReturn(Optional.of(EVENT));
        Recordings.record(trace, Contents.HASH, xen, libraries -> {
            Recordings.write(libraries, "/0", "0");
            Recordings.write(libraries, "/a", "1");
            libraries.store().readWatch(LONG);
            libraries.store().readWatch(LONG);
            Recordings.write(libraries, "/b", "2");
        });
        return trace;
    }

    @Test
    void aWaitThatTimedOutIsNotRecorded() {
        assertEquals(4, TraceReader.read(recordedWait()).records().size());
    }

    @Test
    void aLoneThreadNeverWaitsInAReplay() {
        Recordings.replay(recordedWait(), libraries -> {
            Recordings.write(libraries, "/0", "0");
            assertEquals(Optional.empty(), libraries.store().readWatch(LONG), "/a was not written yet");
            Recordings.write(libraries, "/a", "1");
            assertEquals(Optional.of(EVENT), libraries.store().readWatch(LONG));
            assertEquals(Optional.empty(), libraries.store().readWatch(LONG));
            Recordings.write(libraries, "/b", "2");
        });
    }

    @Test
    void aReplayedEventComesAfterTheCallsThatWereRecordedBeforeIt() throws Exception {
        try (Replay replay = Replay.of(recordedWait())) {
            Recordings.write(replay, "/0", "0");
            Future<Optional<XenStoreWatchEvent>> waiter =
                    threads.submit(() -> replay.store().readWatch(LONG));
            Recordings.write(replay, "/a", "1");
            assertEquals(Optional.of(EVENT), waiter.get());
            Recordings.write(replay, "/b", "2");
            replay.assertFinished();
        }
    }

    @Test
    void aReplayedEventIsAvailableToALaterWait() {
        Recordings.replay(recordedWait(), libraries -> {
            Recordings.write(libraries, "/0", "0");
            Recordings.write(libraries, "/a", "1");
            Recordings.write(libraries, "/b", "2");
            assertEquals(Optional.of(EVENT), libraries.store().readWatch(LONG));
        });
    }

    @Test
    void aWaitingThreadIsReleasedWhenTheReplayIsClosed() throws Exception {
        Replay replay = Replay.of(recordedWait());
        Recordings.write(replay, "/0", "0");
        Future<Integer> waiter = threads.submit(() -> replay.eventChannels().pending());
        replay.close();
        ExecutionException e = assertThrows(ExecutionException.class, waiter::get);
        assertTrue(e.getCause() instanceof IllegalStateException, () -> "" + e.getCause());
    }
}
