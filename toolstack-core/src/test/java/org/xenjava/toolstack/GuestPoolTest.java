// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.pool.GuestPool;
import org.xenjava.toolstack.pool.GuestPoolPolicy;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class GuestPoolTest {
    private static final UUID ID = UUID.fromString("c0ffee00-0000-4000-8000-000000000009");
    private static final DomainConfig LIKE = TestHost.guest("like", 16, 32).build();
    private static final DomainConfig CONFIG =
            TestHost.guest("taken", 16, 32).uuid(ID).build();
    private static final GuestPoolPolicy ONE = GuestPoolPolicy.of(1).withReserve(KiB.ofMiB(1));
    private static final long DOM0_PAGES = 393_216;
    private static final Duration LONG = Duration.ofMinutes(1);

    private final TestHost host = TestHost.create();
    private final MachineState before = host.state();

    @AfterEach
    void close() {
        host.close();
    }

    private static GuestPool fullPool(Toolstack toolstack, DomainConfig like) {
        GuestPool pool = toolstack.pool(like, ONE);
        try {
            assertTrue(pool.awaitFull(LONG), "nothing was prepared");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return pool;
    }

    private static List<CreateStep> stepsOfACreate(Toolstack toolstack, DomainConfig config) {
        List<CreateStep> steps = new ArrayList<>();
        toolstack.create(config, message -> steps.add(message.step()), new Cancellation());
        return steps;
    }

    /** A fault of the n-th call that this thread makes: the pool's own thread makes calls meanwhile. */
    private static Fault atCallOfThisThread(int n, Verdict verdict) {
        Thread thread = Thread.currentThread();
        AtomicInteger calls = new AtomicInteger();
        return call ->
                Thread.currentThread() == thread && calls.incrementAndGet() == n ? verdict : new Verdict.Passes();
    }

    @Test
    void aGuestFromThePoolIsTheSameAsAnyOther() {
        for (DomainType type : List.of(DomainType.PVH, DomainType.HVM)) {
            DomainConfig config = type == DomainType.PVH
                    ? CONFIG
                    : DomainConfig.builder("taken")
                            .uuid(ID)
                            .type(type)
                            .memoryMib(16)
                            .maxMemoryMib(32)
                            .hvm(HvmConfig.builder().build())
                            .build();
            try (TestHost pooled = TestHost.create();
                    TestHost ordinary = TestHost.create()) {
                try (GuestPool pool = fullPool(pooled.toolstack, config)) {
                    List<CreateStep> steps = stepsOfACreate(pooled.toolstack, config);
                    assertTrue(steps.contains(CreateStep.TAKE_PREPARED), steps.toString());
                    assertFalse(steps.contains(CreateStep.POPULATE_RAM), steps.toString());
                    assertTrue(pool.ready() <= 1);
                }
                ordinary.toolstack.create(config);
                assertEquals(List.of(), pooled.state().changesSince(ordinary.state()), type.toString());
            }
        }
    }

    @Test
    void aPoolReplacesWhatWasTaken() throws InterruptedException {
        try (GuestPool pool = fullPool(host.toolstack, LIKE)) {
            Domain domain = host.toolstack.create(CONFIG);
            assertTrue(pool.awaitFull(LONG));
            assertEquals("taken", domain.name());
            assertTrue(pool.memory().isMoreThan(Pages.of(16 * 256)));
            assertEquals(3, host.toolstack.domains().size(), "dom0, the guest and the next one");
            domain.destroy();
        }
        host.assertUnchangedSince(before, "closing the pool");
    }

    @Test
    void aGuestOfAnotherShapeIsBuiltFromNothing() {
        try (GuestPool pool = fullPool(host.toolstack, LIKE)) {
            List<DomainConfig> others = List.of(
                    TestHost.guest("larger", 16, 64).build(),
                    TestHost.guest("wider", 16, 32).vcpus(2).build());
            for (DomainConfig other : others) {
                assertTrue(stepsOfACreate(host.toolstack, other).contains(CreateStep.POPULATE_RAM));
            }
            assertEquals(1, pool.ready());
        }
    }

    @Test
    void closingTheToolstackRemovesTheDomains() {
        TestProcess process = host.newProcess();
        Toolstack toolstack = process.open();
        fullPool(toolstack, LIKE);
        toolstack.close();
        host.assertUnchangedSince(before, "closing the toolstack");
    }

    @Test
    void theNextProcessRemovesTheDomainsOfADeadOne() {
        host.letTheNextProcessCleanUpAfter(before, process -> fullPool(process.open(), LIKE));
    }

    @Test
    void anotherProcessLeavesTheDomainsOfALivingOneAlone() {
        try (GuestPool pool = fullPool(host.toolstack, LIKE)) {
            TestProcess process = host.newProcess();
            try (Toolstack other = process.open()) {
                assertEquals(List.of(), other.leftovers().find());
            }
            assertTrue(stepsOfACreate(host.toolstack, CONFIG).contains(CreateStep.TAKE_PREPARED));
            assertTrue(pool.ready() <= 1);
        }
    }

    @Test
    void aDomainThatAnotherProcessHasDestroyedIsNotTaken() {
        try (GuestPool pool = fullPool(host.toolstack, LIKE)) {
            host.xenctrl.domains().destroy(1);
            assertEquals("taken", host.toolstack.create(CONFIG).name());
            host.toolstack.resolve("taken").destroy();
            assertTrue(pool.ready() <= 1);
        }
        host.assertUnchangedSince(before, "a domain that was destroyed");
    }

    @Test
    void aBuildThatNeedsTheMemoryGetsIt() {
        try (TestHost small = TestHost.of(SimulatedXen.builder().hostPages(DOM0_PAGES + 30_000));
                GuestPool pool = fullPool(small.toolstack, LIKE)) {
            long free = small.toolstack.host().freeMemory().toKiB().toMiB();
            DomainConfig large = TestHost.guest("large", free - 2, free - 2).build();
            Domain domain = small.toolstack.create(large);
            assertEquals(0, pool.ready());
            domain.destroy();
        }
    }

    @Test
    void aPoolLeavesTheReserveToTheHost() throws InterruptedException {
        GuestPoolPolicy greedy = GuestPoolPolicy.of(1_000).withReserve(KiB.ofMiB(32));
        try (TestHost small = TestHost.of(SimulatedXen.builder().hostPages(DOM0_PAGES + 60_000));
                GuestPool pool = small.toolstack.pool(LIKE, greedy)) {
            assertFalse(pool.awaitFull(Duration.ofMillis(300)));
            assertTrue(pool.ready() >= 1);
            assertTrue(small.toolstack.host().freeMemory().toKiB().toMiB() >= 32);
        }
        assertThrows(ConfigException.class, () -> GuestPoolPolicy.of(0));
    }

    private void strikeEachCall(Verdict verdict) {
        int n = 1;
        for (boolean struck = true; struck; n += 3) {
            try (GuestPool pool = fullPool(host.toolstack, LIKE)) {
                int injected = host.faults.injected().size();
                host.faults.inject(atCallOfThisThread(n, verdict));
                try {
                    host.toolstack.create(CONFIG);
                } catch (ToolstackException e) {
                    assertTrue(e.getMessage().startsWith("building domain taken"), e.getMessage());
                }
                struck = host.faults.injected().size() > injected;
                host.faults.heal();
                host.toolstack.find("taken").ifPresent(Domain::destroy);
                assertTrue(pool.ready() <= 1);
            }
            host.assertUnchangedSince(before, "call " + n);
        }
        assertTrue(n > 40, "a create from the pool has more than " + n + " calls");
    }

    @Test
    void aCreateFromThePoolThatFailsAtAnyCallLeavesNothing() {
        strikeEachCall(new Verdict.Fails(Errno.EIO));
    }

    @Test
    void aCreateFromThePoolThatLosesAnyAnswerLeavesNothing() {
        strikeEachCall(new Verdict.LosesAnswer(Errno.EIO));
    }

    @Test
    void theNextProcessRemovesWhatACreateFromThePoolLeftThatWasKilled() {
        for (int n = 2; n < 90; n += 4) {
            int at = n;
            host.letTheNextProcessCleanUpAfter(before, process -> {
                Toolstack toolstack = process.open();
                fullPool(toolstack, LIKE);
                process.faults().inject(atCallOfThisThread(at, new Verdict.Kills()));
                assertThrows(ProcessKilled.class, () -> toolstack.create(CONFIG).destroy());
            });
        }
    }
}
