// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.balance.GuestShare;
import org.xenjava.toolstack.balance.GuestSnapshot;
import org.xenjava.toolstack.balance.MemoryAnswer;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.LogCapture;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A balancer on a simulated host with real arithmetic of balloon drivers. */
@Timeout(60)
class MemoryBalancerTest extends BalancerFixture {
    @Test
    void aGuestThatReportsMoreUseGetsMemoryOfOneThatNeedsLess() {
        TestHost host = hostOf(240, GOOD);
        Domain busy = start(host, "busy");
        Domain idle = start(host, "idle");
        MemoryBalancer balancer = balancer(host.newProcess());
        for (int i = 0; i < 30; i++) {
            reports(host, busy, 100 + i % 2);
            reports(host, idle, 20 + i % 2);
            run(host, Duration.ofSeconds(2), balancer);
        }
        assertTrue(ownedMib(host, busy) >= 100, "busy has " + ownedMib(host, busy));
        assertTrue(ownedMib(host, idle) < ownedMib(host, busy), "idle has " + ownedMib(host, idle));
        assertTrue(freeMib(host) >= 60, freeMib(host) + " MiB are free");
        for (int i = 0; i < 60; i++) {
            reports(host, idle, 100 + i % 2);
            reports(host, busy, 20 + i % 2);
            run(host, Duration.ofSeconds(2), balancer);
        }
        assertTrue(ownedMib(host, idle) > ownedMib(host, busy), "the demand has changed sides");
        assertTrue(
                info(host, busy).maxPages() <= (targetMib(host, busy) + 4) * MIB,
                "max_mem follows a guest that shrinks");
    }

    @Test
    void anUnchangedReportCountsAsLongAsTheGuestMarksItAsNew() {
        TestHost host = hostOf(240, GOOD);
        Domain marked = start(host, "marked");
        Domain silent = start(host, "silent");
        MemoryBalancer balancer = balancer(host.newProcess());
        reports(host, marked, 30);
        reports(host, silent, 30);
        for (int i = 0; i < 50; i++) {
            write(host, marked, "data/updated", i);
            run(host, Duration.ofSeconds(2), balancer);
        }
        Map<Integer, Long> demands = balancer.view().orElseThrow().decision().shares().stream()
                .collect(Collectors.toMap(GuestShare::domid, share -> share.demandPages() / MIB));
        assertEquals(34, demands.get(marked.domid()), "1.15 times what it uses");
        assertEquals(64, demands.get(silent.domid()), "the size that the user has set");
    }

    @Test
    void aSizeThatAnotherProcessSetsIsKept() {
        TestHost host = hostOf(400, GOOD);
        Domain guest = start(host, "web");
        MemoryBalancer balancer = balancer(host.newProcess());
        run(host, Duration.ofSeconds(20), balancer);
        assertTrue(targetMib(host, guest) > 64, "free memory is given out");
        host.toolstack.find(guest.domid()).orElseThrow().memory().set(KiB.ofMiB(50));
        run(host, Duration.ofSeconds(50), balancer);
        assertEquals(50, targetMib(host, guest));
    }

    @Test
    void aGuestWhoseCountersCannotBeReadIsLeftAlone() {
        TestHost host = hostOf(600, GOOD.atPace(16, Duration.ofMillis(100)));
        Domain guest = host.toolstack.create(TestHost.guest("web", 64, 128).build());
        guest.unpause();
        host.xen.advance(Duration.ofSeconds(5));
        int injected = 0;
        for (int n = 1; n <= 40; n++) {
            TestProcess process = host.newProcess();
            MemoryBalancer balancer = balancer(process);
            process.faults().inject(Fault.callFails(n, Errno.EPERM));
            balancer.tick(host.xen.clock().instant());
            injected += process.faults().injected().size();
            process.faults().close();
            process.ends();
            assertEquals(64, targetMib(host, guest), "call " + n + " failed");
        }
        assertTrue(injected > 5, injected + " calls failed");
    }

    @Test
    void aGuestThatStillBalloonsIsLeftAlone() {
        TestHost host = hostOf(600, GOOD.atPace(16, Duration.ofMillis(100)));
        Domain guest = host.toolstack.create(TestHost.guest("web", 64, 128).build());
        guest.unpause();
        MemoryBalancer balancer = balancer(host.newProcess());
        run(host, Duration.ofSeconds(30), balancer);
        assertEquals(64, targetMib(host, guest));
        run(host, Duration.ofMinutes(3), balancer);
        assertTrue(targetMib(host, guest) > 64, "after its boot it takes part");
        assertTrue(host.xenctrl.memory().podTarget(guest.domid()).debt() <= 0);
    }

    @Test
    void aFailedLookIsThrownOrWarnedOfOnce() throws Exception {
        TestHost host = hostOf(400, GOOD);
        TestProcess process = host.newProcess();
        MemoryBalancer balancer = balancer(process);
        Instant now = host.xen.clock().instant();
        host.xen.stopXenstored();
        assertThrows(ToolstackException.class, () -> balancer.look(now));
        try (LogCapture log = new LogCapture(MemoryBalancer.class)) {
            balancer.tick(now);
            balancer.tick(now);
            assertEquals(
                    1,
                    log.lines().stream()
                            .filter(line -> line.contains("tries again every second"))
                            .count(),
                    log.lines().toString());
        }
    }

    @Test
    void aRebootedGuestHasADebtAgain() {
        TestHost host = hostOf(600, GOOD.atPace(16, Duration.ofMillis(100)));
        UUID uuid = UUID.randomUUID();
        MemoryBalancer balancer = balancer(host.newProcess());
        Domain first =
                host.toolstack.create(TestHost.guest("web", 64, 128).uuid(uuid).build());
        first.unpause();
        run(host, Duration.ofMinutes(3), balancer);
        assertTrue(targetMib(host, first) > 64);
        first.destroy();
        Domain second =
                host.toolstack.create(TestHost.guest("web", 64, 128).uuid(uuid).build());
        second.unpause();
        run(host, Duration.ofSeconds(2), balancer);
        GuestSnapshot guest = balancer.view().orElseThrow().snapshot().guests().stream()
                .filter(each -> each.domid() == second.domid())
                .findFirst()
                .orElseThrow();
        assertEquals(GuestSnapshot.Phase.BALLOONING, guest.phase(), guest.toString());
        assertEquals(64, targetMib(host, second));
    }

    @Test
    void oneBalancerActsAndAnotherTakesOverFromADeadOne() {
        TestHost host = hostOf(400, GOOD);
        Domain guest = start(host, "web");
        TestProcess first = host.newProcess();
        MemoryBalancer acting = balancer(first);
        MemoryBalancer waiting = balancer(host.newProcess());
        run(host, Duration.ofSeconds(20), acting, waiting);
        assertTrue(acting.view().isPresent());
        assertEquals(Optional.empty(), waiting.view());
        long target = targetMib(host, guest);
        first.ends();
        run(host, Duration.ofSeconds(10), waiting);
        assertTrue(waiting.view().isPresent());
        assertEquals(target, targetMib(host, guest), "the next balancer knows what the first has set");
        assertEquals(
                64 * MIB,
                waiting.view().orElseThrow().snapshot().guests().stream()
                        .filter(each -> each.domid() == guest.domid())
                        .findFirst()
                        .orElseThrow()
                        .basePages());
    }

    @Test
    void aBalancerOutlivesARestartOfXenstored() {
        TestHost host = hostOf(400, GOOD);
        Domain guest = start(host, "web");
        MemoryBalancer balancer = balancer(host.newProcess());
        run(host, Duration.ofSeconds(2), balancer);
        host.xen.stopXenstored();
        run(host, Duration.ofSeconds(5), balancer);
        host.xen.startXenstored();
        run(host, Duration.ofSeconds(20), balancer);
        assertTrue(targetMib(host, guest) > 64);
    }

    /** G9. {@code -Dbalance.step=1} kills at every call. */
    @Test
    @Timeout(600)
    void aBalancerThatIsKilledAtAnyOfItsCallsLeavesNoGuestBelowWhatItOwns() {
        int step = Integer.getInteger("balance.step", 3);
        boolean injected = true;
        TestHost host = hostOf(240, GOOD.atPace(2560, Duration.ofMillis(100)));
        Domain one = start(host, "one");
        Domain two = start(host, "two");
        TestProcess first = host.newProcess();
        run(host, Duration.ofSeconds(10), balancer(first));
        first.ends();
        int lowered = 0;
        int claims = 0;
        for (int n = 1; injected; n += step) {
            long before = info(host, one).maxPages();
            TestProcess process = host.newProcess();
            MemoryBalancer balancer = balancer(process);
            reports(host, n % 2 == 0 ? one : two, 90);
            reports(host, n % 2 == 0 ? two : one, 10);
            process.faults().inject(Fault.processKilled(n));
            try {
                run(host, Duration.ofSeconds(4), balancer);
            } catch (ProcessKilled death) {
                assertEquals(1, process.faults().injected().size());
            }
            injected = !process.faults().injected().isEmpty() && n < 300;
            process.faults().close();
            process.ends();
            host.xen.advance(Duration.ofSeconds(4));
            for (Domain guest : List.of(one, two)) {
                DomainInfo now = info(host, guest);
                assertTrue(now.maxPages() >= now.totPages(), n + ": " + now);
                claims += now.outstandingPages() > 0 ? 1 : 0;
            }
            lowered += info(host, one).maxPages() < before ? 1 : 0;
            TestProcess next = host.newProcess();
            balancer(next).tick(host.xen.clock().instant());
            next.ends();
            for (Domain guest : List.of(one, two)) {
                assertEquals(0, info(host, guest).outstandingPages(), n + ": the claim of the dead process");
            }
        }
        assertTrue(lowered > 0, "max_mem was lowered during the run");
        assertTrue(claims > 0, "a balancer was killed inside a claim");
    }

    @Test
    void aGuestGrowsToTheMaximumOfMemMaxAndNoFurther() {
        TestHost host = hostOf(400, GOOD);
        Domain limited = start(host, "limited");
        Domain other = start(host, "other");
        host.toolstack.find(limited.domid()).orElseThrow().memory().setMaximum(KiB.ofMiB(80));
        MemoryBalancer balancer = balancer(host.newProcess());
        for (int i = 0; i < 20; i++) {
            reports(host, limited, 120 + i % 2);
            reports(host, other, 100 + i % 2);
            run(host, Duration.ofSeconds(2), balancer);
        }
        assertEquals(80, targetMib(host, limited));
        assertTrue(targetMib(host, other) >= 115, "the other has " + targetMib(host, other));
    }

    @Test
    void domain0GivesWhatItCanSpareAndGetsItBack() {
        SimulatedXen xen = SimulatedXen.builder()
                .hostPages(4095 * MIB)
                .xenPages(48 * MIB)
                .dom0OwnsAllMemory()
                .build();
        Toolstack toolstack = TestHost.options().room(RoomPolicy.unlessFixed()).open(xen.host());
        opened.add(0, toolstack);
        MemoryBalancer balancer = toolstack.newBalancer(SETTINGS, events::add);
        XenLibraries observer = xen.connect();
        opened.add(0, observer);
        Xenctrl xenctrl = Xenctrl.open(observer);
        long before = xenctrl.domains().info(0).orElseThrow().totPages();
        balancer.tick(xen.clock().instant());
        try (MemoryReservation reservation = toolstack
                .reserveMemory(UUID.randomUUID(), KiB.ofMiB(1000), Duration.ofMinutes(1))
                .orElseThrow()) {
            for (int i = 0; i < 60; i++) {
                xen.advance(balancer.tick(xen.clock().instant()));
            }
            assertEquals(Optional.of(new MemoryAnswer.Granted()), reservation.answer());
        }
        for (int i = 0; i < 90; i++) {
            xen.advance(balancer.tick(xen.clock().instant()));
        }
        long after = xenctrl.domains().info(0).orElseThrow().totPages();
        assertTrue(after >= before - 150 * MIB, before + " pages before, " + after + " after");
    }

    @Test
    void aBuildThatShrinksDomain0LeavesTheUsersSizeAsItsBase() {
        SimulatedXen xen = SimulatedXen.builder()
                .hostPages(4095 * MIB)
                .xenPages(48 * MIB)
                .dom0OwnsAllMemory()
                .build();
        Toolstack toolstack = TestHost.options()
                .backedBoot(BackedBoot.off())
                .room(RoomPolicy.unlessFixed())
                .open(xen.host());
        opened.add(0, toolstack);
        MemoryBalancer balancer = toolstack.newBalancer(SETTINGS, events::add);
        balancer.tick(xen.clock().instant());
        long base = controlDomain(balancer).basePages();
        toolstack.create(TestHost.guest("web", 512, 512).build());
        for (int i = 0; i < 100; i++) {
            xen.advance(balancer.tick(xen.clock().instant()));
        }
        assertTrue(controlDomain(balancer).sizePages() < base, "domain 0 was shrunk for the build");
        assertEquals(base, controlDomain(balancer).basePages());
        assertEquals(base, controlDomain(balancer).ceilingPages());
    }

    private static GuestSnapshot controlDomain(MemoryBalancer balancer) {
        return balancer.view().orElseThrow().snapshot().guests().stream()
                .filter(guest -> guest.domid() == 0)
                .findFirst()
                .orElseThrow();
    }
}
