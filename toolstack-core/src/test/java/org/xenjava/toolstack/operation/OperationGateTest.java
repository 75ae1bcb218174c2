// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.error.Retry;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.progress.Cancellation;

@Timeout(60)
class OperationGateTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    private final AtomicInteger released = new AtomicInteger();
    private final OperationGate gate = new OperationGate(released::incrementAndGet);

    @Test
    void closingWithoutOperationsReleasesOnce() {
        gate.close(LONG);
        gate.close(LONG);
        assertEquals(1, released.get());
    }

    @Test
    void anOperationAfterCloseIsRefusedAndNotBegun() {
        gate.close(LONG);
        AtomicInteger begun = new AtomicInteger();
        XenUnavailableException refusal =
                assertThrows(XenUnavailableException.class, () -> gate.run(begun::incrementAndGet));
        assertEquals(0, begun.get());
        assertEquals(Retry.AFTER_CHANGE, refusal.retry());
    }

    @Test
    void closingCancelsAndWaitsForTheOperationBeforeItReleases() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        Cancellation cancellation = new Cancellation();
        CompletableFuture<Integer> releasedDuring = CompletableFuture.supplyAsync(() -> gate.run(cancellation, () -> {
            begun.countDown();
            while (!cancellation.isCancelled()) {
                Thread.onSpinWait();
            }
            return released.get();
        }));
        assertTrue(begun.await(50, TimeUnit.SECONDS));
        gate.close(LONG);
        assertEquals(0, releasedDuring.get(), "nothing is released under an operation");
        assertEquals(1, released.get());
    }

    @Test
    void anOperationIsNotLetWaitForItsOwnEnd() {
        gate.run(() -> {
            gate.close(LONG);
            assertThrows(IllegalStateException.class, gate::awaitRelease);
            return 0;
        });
        gate.awaitRelease();
        assertEquals(1, released.get());
    }

    @Test
    void anOperationThatOutlastsTheLimitReleasesWhenItEnds() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        CompletableFuture<Boolean> stubborn = CompletableFuture.supplyAsync(() -> gate.run(() -> {
            begun.countDown();
            try {
                return end.await(50, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                return false;
            }
        }));
        assertTrue(begun.await(50, TimeUnit.SECONDS));
        gate.close(Duration.ofMillis(1));
        assertEquals(0, released.get());
        end.countDown();
        assertTrue(stubborn.get());
        assertEquals(1, released.get());
    }

    @Test
    void anOperationThatClosesTheGateItselfGoesOn() {
        String result = gate.run(() -> {
            gate.close(LONG);
            assertEquals(0, released.get());
            return gate.run(() -> "nested");
        });
        assertEquals("nested", result);
        assertEquals(1, released.get());
    }

    @Test
    void theHolderOfAGuardingLockIsInsideOfAnOperation() throws Exception {
        Lock lock = gate.guarding(new ReentrantLock());
        lock.lock();
        CompletableFuture.runAsync(() -> gate.close(Duration.ofMillis(1))).get(50, TimeUnit.SECONDS);
        assertEquals(0, released.get());
        lock.unlock();
        assertEquals(1, released.get());
        assertThrows(XenUnavailableException.class, lock::lock);
    }

    @Test
    void aLockThatIsNotFreeLeavesNobodyInside() throws Exception {
        ReentrantLock inner = new ReentrantLock();
        Lock lock = gate.guarding(inner);
        inner.lock();
        assertFalse(CompletableFuture.supplyAsync(lock::tryLock).get(50, TimeUnit.SECONDS));
        gate.close(LONG);
        assertEquals(1, released.get());
    }

    @Test
    void theReleaseIsAwaitedAlsoByAThreadThatIsInterrupted() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        CompletableFuture<Boolean> operation = CompletableFuture.supplyAsync(() -> gate.run(() -> {
            begun.countDown();
            try {
                return end.await(50, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }));
        assertTrue(begun.await(50, TimeUnit.SECONDS));
        Thread.currentThread().interrupt();
        gate.close(LONG);
        assertEquals(0, released.get());
        CompletableFuture<Integer> awaited = CompletableFuture.supplyAsync(() -> {
            Thread.currentThread().interrupt();
            gate.awaitRelease();
            Thread.interrupted();
            return released.get();
        });
        assertTrue(Thread.interrupted(), "the interrupt stays for the caller");
        end.countDown();
        assertTrue(operation.get());
        assertEquals(1, awaited.get());
    }
}
