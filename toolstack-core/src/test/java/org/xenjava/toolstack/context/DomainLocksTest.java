// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.operation.OperationGate;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardMode;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;

@Timeout(120)
class DomainLocksTest {
    private static final GuardPolicy AT_ONCE = GuardPolicy.standard()
            .withMode(GuardMode.COVER_AT_ONCE)
            .withTimeouts(Duration.ZERO, Duration.ZERO, Duration.ZERO);

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void eachDomainHasItsOwnLock() {
        DomainLocks locks = new DomainLocks(new OperationGate(() -> {}));
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        CompletableFuture<Integer> holder = CompletableFuture.supplyAsync(() -> locks.exclusively(1, () -> {
            held.countDown();
            await(over);
            return 1;
        }));
        await(held);
        assertFalse(locks.tryExclusively(1, () -> {}));
        for (int domid = 2; domid < 0x7FF0; domid++) {
            assertTrue(locks.tryExclusively(domid, () -> {}), "domain " + domid);
        }
        over.countDown();
        assertEquals(1, holder.join());
        assertTrue(locks.tryExclusively(1, () -> {}));
    }

    /** The dump stands still in its middle until 70 other guests are covered. */
    @Test
    void aDumpOfOneGuestDelaysTheCoverOfNoOther(@TempDir Path directory) {
        BalloonDriver none = BalloonDriver.of(BalloonFamily.NONE);
        try (TestHost host = TestHost.of(SimulatedXen.builder().guests(identity -> SimulatedGuest.with(none)))) {
            Domain dumped =
                    host.toolstack.create(TestHost.guest("dumped", 20, 20).build());
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch over = new CountDownLatch(1);
            DumpListener stuck = (looked, all) -> {
                begun.countDown();
                await(over);
            };
            CompletableFuture<Void> dump = CompletableFuture.runAsync(
                    () -> dumped.memory().dump(directory.resolve("core"), stuck, new Cancellation()));
            await(begun);

            PodGuard guard = host.toolstack.newGuard(AT_ONCE, GuardScope.ALL, GuardListener.NONE);
            for (int i = 0; i < 70; i++) {
                Domain other = host.toolstack.create(
                        TestHost.guest("other-" + i, 20, 21).build());
                other.unpause();
            }
            for (int second = 0; second < 5; second++) {
                guard.tick(host.xen.clock().instant());
                host.xen.advance(Duration.ofSeconds(1));
            }
            for (Domain domain : host.toolstack.domains()) {
                if (domain.domid() > 1) {
                    assertEquals(0, domain.pod().status().debtPages(), domain.toString());
                }
            }
            assertFalse(dump.isDone());
            over.countDown();
            dump.join();
        }
    }
}
