// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Nothing here depends on time; what waits in vain is stopped by the limit. */
@Timeout(60)
class WatchHubTest {
    private static final Duration FOREVER = Duration.ofHours(1);

    private final SimulatedXen machine = SimulatedXen.create();
    private final FaultInjection faults = FaultInjection.around(machine.connect());
    private final StoreTransaction guest = new StoreClient(machine.connect().store()).direct();
    private final WatchHub hub = new WatchHub(faults.store());

    @AfterEach
    void close() {
        hub.close();
        faults.close();
    }

    @Test
    void aListenerIsCalledAtOnceAndAfterEveryChange() throws InterruptedException {
        Semaphore heard = new Semaphore(0);
        hub.watch("/test", heard::release);
        heard.acquire();
        guest.write("/test/below/it", "");
        heard.acquire();
        guest.remove("/test/below");
        heard.acquire();
    }

    @Test
    void aClosedRegistrationIsNotCalled() throws InterruptedException {
        AtomicInteger early = new AtomicInteger();
        Semaphore late = new Semaphore(0);
        WatchHub.Registration registration = hub.watch("/test", early::incrementAndGet);
        registration.close();
        registration.close();
        int before = early.get();
        hub.watch("/test", late::release);
        late.acquire();
        guest.write("/test", "");
        late.acquire();
        assertEquals(before, early.get());
    }

    @Test
    void aListenerThatThrowsDoesNotDisturbOthers() throws InterruptedException {
        Semaphore heard = new Semaphore(0);
        hub.watch("/test", () -> {
            throw new IllegalStateException("listener");
        });
        hub.watch("/test", heard::release);
        heard.acquire();
        guest.write("/test", "");
        heard.acquire();
    }

    @Test
    void aRefusedWatchIsAnError() {
        faults.inject(Fault.nthOf("xs_watch", 1, Errno.EINVAL));
        XenStoreException e = assertThrows(XenStoreException.class, () -> hub.watch("/test", () -> {}));
        assertEquals("xenstore: cannot watch /test: EINVAL", e.getMessage());
    }

    @Test
    void aReadThatIsInterruptedIsRepeated() throws InterruptedException {
        faults.inject(Fault.nthOf("xs_check_watch", 1, Errno.EINTR));
        Semaphore heard = new Semaphore(0);
        hub.watch("/test", heard::release);
        heard.acquire();
    }

    @Test
    void aConditionThatHoldsAlreadyEndsTheWaitAtOnce() {
        assertEquals(Optional.of("there"), hub.await("/test", Duration.ZERO, () -> Optional.of("there")));
    }

    @Test
    void aWaitThatExpiresIsEmpty() {
        assertTrue(hub.await("/test", Duration.ZERO, Optional::empty).isEmpty());
        assertTrue(hub.await("/test", Duration.ofMillis(2), Optional::empty).isEmpty());
    }

    /** Waits in another thread until the node is there; returns when that thread has looked once. */
    private CompletableFuture<Optional<String>> awaitInAnotherThread() throws InterruptedException {
        CountDownLatch looked = new CountDownLatch(1);
        CompletableFuture<Optional<String>> result =
                CompletableFuture.supplyAsync(() -> hub.await("/test/late", FOREVER, () -> {
                    Optional<String> value = guest.read("/test/late");
                    looked.countDown();
                    return value;
                }));
        looked.await();
        return result;
    }

    @Test
    void aWaitEndsWhenTheConditionHolds() throws Exception {
        CompletableFuture<Optional<String>> waiting = awaitInAnotherThread();
        guest.write("/test/late", "here");
        assertEquals(Optional.of("here"), waiting.get());
    }

    @Test
    void aWaitEndsEvenIfNoWatchFires() throws Exception {
        faults.inject(Fault.every(call -> call.name().equals("xs_check_watch"), Errno.EIO));
        CompletableFuture<Optional<String>> waiting = awaitInAnotherThread();
        guest.write("/test/late", "here");
        assertEquals(Optional.of("here"), waiting.get());
    }

    @Test
    void anotherSourceIsHeardUntilTheWaitEnds() {
        AtomicInteger looks = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        Optional<Integer> result = hub.await(
                "/test", FOREVER, () -> Optional.of(looks.incrementAndGet()).filter(count -> count > 1), listener -> {
                    listener.run();
                    return closed::incrementAndGet;
                });
        assertEquals(Optional.of(2), result);
        assertEquals(1, closed.get());
    }

    @Test
    void aConditionThatFailsEndsTheWaiting() {
        assertThrows(
                IllegalStateException.class,
                () -> hub.await("/test", FOREVER, () -> {
                    throw new IllegalStateException("condition");
                }));
    }

    @Test
    void anInterruptEndsTheWaitingAndStaysSet() {
        Thread.currentThread().interrupt();
        assertThrows(OperationCancelledException.class, () -> hub.await("/test", FOREVER, Optional::empty));
        assertTrue(Thread.interrupted());
    }

    @Test
    void closingEndsTheWaiting() throws Exception {
        CompletableFuture<Optional<String>> waiting = awaitInAnotherThread();
        hub.close();
        ExecutionException e = assertThrows(ExecutionException.class, waiting::get);
        assertEquals(
                "waiting for /test/late ended, since the toolstack was closed",
                e.getCause().getMessage());
        assertFalse(waiting.isCancelled());
    }

    @Test
    void closingTwiceIsClosingOnce() {
        hub.watch("/test", () -> {});
        hub.close();
        hub.close();
    }
}
