// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.SmallHost;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Two processes set the memory of one domain at once, on a host that lacks the memory for the larger size. */
class ConcurrentResizeTest {
    private static final int ROUNDS = Integer.getInteger("rounds", 20);
    private static final KiB TOO_LARGE = KiB.ofMiB(400);

    /** 16 MiB are free beside the guest. */
    private static TestHost host() {
        return TestHost.of(SmallHost.withFreePages(65_801 + 5000 + 16 * 256));
    }

    private static Domain guest(TestHost host) {
        return host.toolstack.create(TestHost.guest("web", 256, 512).build());
    }

    /** Each call of one mem-set in turn is the moment at which the other runs from beginning to end. */
    private static void meetAtEachCall(KiB first, KiB second) {
        try (TestHost host = host()) {
            boolean met = true;
            for (int n = 1; met; n++) {
                Domain domain = guest(host);
                TestProcess process = host.newProcess();
                Toolstack toolstack = process.open();
                Domain same = toolstack.find(domain.uuid()).orElseThrow();
                met = meet(process, same, domain, n, first, second);
                assertCanOwnItsTarget(host, domain, "at call " + n);
                process.faults().heal();
                toolstack.close();
                process.ends();
                domain.destroy();
            }
        }
    }

    private static boolean meet(TestProcess process, Domain same, Domain domain, int n, KiB first, KiB second) {
        int[] calls = {0};
        Fault other = call -> {
            if (++calls[0] == n) {
                attempt(domain, second);
            }
            return new Verdict.Passes();
        };
        process.faults().inject(other);
        attempt(same, first);
        return calls[0] >= n;
    }

    private static void attempt(Domain domain, KiB size) {
        try {
            domain.memory().set(size);
        } catch (ToolstackException e) {
            // One of two that are at work at once may fail; the state that both leave counts.
        }
    }

    private static void assertCanOwnItsTarget(TestHost host, Domain domain, String when) {
        MemoryStatus memory = domain.memory().status();
        assertTrue(
                memory.maxPages().count() >= memory.target().toPages().count() + 256,
                when + ": max_mem " + memory.maxPages() + ", target " + memory.target());
        assertEquals(0, host.xenctrl.host().physInfo().outstandingPages(), when);
    }

    @Test
    void aMemSetThatFailsLeavesTheMaxMemOfOneThatSucceedsMeanwhile() {
        meetAtEachCall(TOO_LARGE, KiB.ofMiB(264));
        meetAtEachCall(TOO_LARGE, KiB.ofMiB(200));
    }

    @Test
    void aMemSetThatSucceedsCanOwnItsTargetAlthoughAnotherFailsMeanwhile() {
        meetAtEachCall(KiB.ofMiB(264), TOO_LARGE);
        meetAtEachCall(KiB.ofMiB(200), TOO_LARGE);
    }

    @Test
    void twoMemSetsThatSucceedAtOnceLeaveAMaxMemForTheTarget() {
        meetAtEachCall(KiB.ofMiB(264), KiB.ofMiB(200));
        meetAtEachCall(KiB.ofMiB(200), KiB.ofMiB(264));
        meetAtEachCall(KiB.ofMiB(264), KiB.ofMiB(264));
    }

    @Test
    void twoThreadsOfTwoProcessesLeaveAMaxMemForTheTarget() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (TestHost host = host()) {
            Random random = new Random(1);
            Domain domain = guest(host);
            TestProcess process = host.newProcess();
            try (Toolstack toolstack = process.open()) {
                Domain same = toolstack.find(domain.uuid()).orElseThrow();
                for (int round = 0; round < ROUNDS; round++) {
                    KiB first = KiB.ofMiB(random.nextBoolean() ? 400 : 240 + random.nextInt(32));
                    KiB second = KiB.ofMiB(240 + random.nextInt(32));
                    Future<?> one = threads.submit(() -> attempt(domain, first));
                    Future<?> two = threads.submit(() -> attempt(same, second));
                    one.get();
                    two.get();
                    assertCanOwnItsTarget(host, domain, "round " + round + ", " + first + " and " + second);
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
