// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.lib.Errno;

class StoreClientTest {
    private final FaultInjection faults =
            FaultInjection.around(SimulatedXen.create().connect());
    private final List<Duration> pauses = new ArrayList<>();
    private final StoreClient store = new StoreClient(faults.store(), new ConflictBackoff(pauses::add));

    @AfterEach
    void close() {
        faults.close();
    }

    private String write(StoreTransaction transaction) {
        transaction.write("/test/node", "value");
        return "result";
    }

    private static String refusal(Runnable request) {
        return assertThrows(XenStoreException.class, request::run).getMessage();
    }

    @Test
    void aTransactionGivesTheResultOfItsWorkAndItsChangesAtOnce() {
        assertEquals("result", store.inTransaction(transaction -> {
            transaction.write("/test/node", "value");
            assertFalse(store.direct().exists("/test/node"));
            assertTrue(transaction.exists("/test/node"));
            return "result";
        }));
        assertTrue(store.direct().exists("/test/node"));
    }

    /** One request and several sent in one go fail alike. */
    @Test
    void aLostXenstoredIsATypedFailureOfAnyNumberOfRequests() {
        SimulatedXen machine = SimulatedXen.create();
        StoreClient lost = new StoreClient(machine.connect().store(), new ConflictBackoff(pauses::add));
        lost.direct().write("/test/one", "1");
        machine.stopXenstored();
        for (List<String> paths : List.of(List.of("/test/one"), List.of("/test/one", "/test/two"))) {
            String message = refusal(() -> lost.direct().readAll(paths));
            assertTrue(message.contains("/test/one: EPIPE (check that xenstored runs)"), message);
        }
    }

    @Test
    void aConflictRunsTheWorkAgain() {
        faults.inject(Fault.commitsConflict(39));
        AtomicInteger runs = new AtomicInteger();
        store.inTransaction(transaction -> {
            runs.incrementAndGet();
            return write(transaction);
        });
        assertEquals(40, runs.get());
        assertTrue(store.direct().exists("/test/node"));
    }

    @Test
    void aRealConflictRunsTheWorkAgainOnWhatIsThereNow() {
        store.direct().write("/test/counter", "0");
        List<Long> seen = new ArrayList<>();
        store.inTransaction(transaction -> {
            long count = transaction.readLong("/test/counter").orElseThrow();
            if (seen.isEmpty()) {
                store.direct().write("/test/counter", "41");
            }
            seen.add(count);
            transaction.write("/test/counter", Long.toString(count + 1));
            return count;
        });
        assertEquals(List.of(0L, 41L), seen);
        assertEquals(42, store.readLong("/test/counter").orElseThrow());
    }

    @Test
    void conflictsWithoutEndAreAFailure() {
        faults.inject(Fault.commitsConflict(40));
        assertEquals(
                "xenstore: a transaction conflicted 40 times in a row: EAGAIN",
                refusal(() -> store.inTransaction(this::write)));
        assertFalse(store.direct().exists("/test/node"));
    }

    @Test
    void pausesBetweenConflictsGrowToALimit() {
        faults.inject(Fault.commitsConflict(39));
        store.inTransaction(this::write);
        assertEquals(36, pauses.size(), "the first three tries follow at once");
        assertTrue(pauses.get(0).compareTo(Duration.ofMillis(1)) <= 0, pauses.toString());
        assertTrue(pauses.get(35).compareTo(Duration.ofMillis(25)) >= 0, pauses.toString());
        assertTrue(Collections.max(pauses).compareTo(Duration.ofMillis(50)) <= 0, pauses.toString());
    }

    @Test
    void failedWorkIsAbortedAndItsExceptionIsThrown() {
        IllegalStateException failure = new IllegalStateException("work");
        List<String> ends = new ArrayList<>();
        faults.inject(call -> {
            if (call.name().equals("xs_transaction_end")) {
                ends.add(call.method());
            }
            return new Verdict.Passes();
        });
        assertSame(
                failure,
                assertThrows(
                        IllegalStateException.class,
                        () -> store.inTransaction(transaction -> {
                            write(transaction);
                            throw failure;
                        })));
        assertEquals(List.of("transactionAbort"), ends);
        assertFalse(store.direct().exists("/test/node"));
    }

    @Test
    void aFailedAbortDoesNotHideTheCauseOfTheAbort() {
        faults.inject(Fault.nthOf("xs_transaction_end", 1, Errno.EIO));
        assertThrows(
                IllegalStateException.class,
                () -> store.inTransaction(transaction -> {
                    throw new IllegalStateException("work");
                }));
    }

    @Test
    void aTransactionThatCannotStartOrCommitIsAnError() {
        faults.inject(Fault.nthOf("xs_transaction_start", 1, Errno.ENOSPC));
        assertEquals(
                "xenstore: cannot start a transaction: ENOSPC (a xenstored quota is used up)",
                refusal(() -> store.inTransaction(this::write)));
        faults.inject(Fault.nthOf("xs_transaction_end", 1, Errno.EACCES));
        assertEquals(
                "xenstore: cannot commit a transaction: EACCES (run as root in the control domain)",
                refusal(() -> store.inTransaction(this::write)));
    }

    @Test
    void aDomainThatCannotBeIntroducedIsNamed() {
        assertEquals("xenstore: cannot introduce domain 77: ENOENT", refusal(() -> store.introduce(77, 1, 1)));
    }

    @Test
    void countersOfManyThreadsAddUp() {
        store.direct().write("/test/counter", "0");
        IntStream.range(0, 100)
                .parallel()
                .forEach(i -> store.inTransaction(transaction -> {
                    long count = transaction.readLong("/test/counter").orElseThrow();
                    transaction.write("/test/counter", Long.toString(count + 1));
                    return count;
                }));
        assertEquals(100, store.readLong("/test/counter").orElseThrow());
    }
}
