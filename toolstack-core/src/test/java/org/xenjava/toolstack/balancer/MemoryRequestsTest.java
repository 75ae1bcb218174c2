// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.balance.BalanceFinding;
import org.xenjava.toolstack.balance.MemoryAnswer;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Requests for memory to a balancer on a simulated host. */
@Timeout(60)
class MemoryRequestsTest extends BalancerFixture {
    private Optional<MemoryReservation> ask(TestHost host, long mib, Duration limit) {
        return host.toolstack.reserveMemory(UUID.randomUUID(), KiB.ofMiB(mib), limit);
    }

    @Test
    void aReservationTakesMemoryFromGuestsAndIsKept() {
        TestHost host = hostOf(400, GOOD);
        List<Domain> guests = List.of(start(host, "one"), start(host, "two"));
        MemoryBalancer balancer = balancer(host.newProcess());
        assertEquals(Optional.empty(), ask(host, 1, Duration.ofMinutes(1)), "no balancer runs yet");
        run(host, Duration.ofSeconds(20), balancer);
        long before = freeMib(host);
        try (MemoryReservation reservation =
                ask(host, before + 60, Duration.ofMinutes(1)).orElseThrow()) {
            run(host, Duration.ofMillis(1), balancer);
            assertInstanceOf(MemoryAnswer.Promised.class, reservation.answer().orElseThrow());
            run(host, Duration.ofSeconds(10), balancer);
            assertEquals(Optional.of(new MemoryAnswer.Granted()), reservation.answer());
            run(host, Duration.ofSeconds(30), balancer);
            assertTrue(freeMib(host) >= before + 120, "what is granted stays free, beside the reserve");
        }
        run(host, Duration.ofSeconds(20), balancer);
        assertTrue(freeMib(host) < before + 40, "guests get the memory back");
        guests.forEach(guest -> assertTrue(ownedMib(host, guest) >= 32));
    }

    @Test
    void anImpossibleReservationIsRefusedAtOnceAndNothingIsTaken() {
        TestHost host = hostOf(400, GOOD);
        Domain guest = start(host, "one");
        MemoryBalancer balancer = balancer(host.newProcess());
        run(host, Duration.ofSeconds(20), balancer);
        long target = targetMib(host, guest);
        try (MemoryReservation reservation =
                ask(host, 2000, Duration.ofMinutes(1)).orElseThrow()) {
            run(host, Duration.ofMillis(1), balancer);
            MemoryAnswer.Refused refused = assertInstanceOf(
                    MemoryAnswer.Refused.class, reservation.answer().orElseThrow());
            assertTrue(refused.reason().startsWith("2000 MiB asked; "), refused.reason());
            assertEquals(target, targetMib(host, guest));
        }
    }

    @Test
    void aDriverThatIsStuckIsReportedAndNotCountedOn() {
        TestHost host = hostOf(330, GOOD);
        Domain stuck = start(host, "stuck");
        start(host, "good");
        MemoryBalancer balancer = balancer(host.newProcess());
        run(host, Duration.ofSeconds(10), balancer);
        try (MemoryReservation reservation =
                ask(host, freeMib(host) + 110, Duration.ofSeconds(20)).orElseThrow()) {
            run(host, Duration.ofSeconds(25), balancer);
            assertTrue(
                    events.stream()
                            .anyMatch(event -> event instanceof BalanceEvent.Found found
                                    && found.finding().kind() == BalanceFinding.Kind.STUCK
                                    && found.finding().domid() == stuck.domid()),
                    events.toString());
            MemoryAnswer.Refused refused = assertInstanceOf(
                    MemoryAnswer.Refused.class, reservation.answer().orElseThrow());
            assertTrue(refused.reason().contains("'stuck' holds "), refused.reason());
        }
    }

    @Test
    void anIdHasOneOpenRequestAndTheNextGetsAnAnswerOfItsOwn() {
        TestHost host = hostOf(400, GOOD);
        start(host, "one");
        MemoryBalancer balancer = balancer(host.newProcess());
        run(host, Duration.ofSeconds(20), balancer);
        UUID id = UUID.randomUUID();
        MemoryReservation first = host.toolstack
                .reserveMemory(id, KiB.ofMiB(2000), Duration.ofMinutes(1))
                .orElseThrow();
        run(host, Duration.ofSeconds(1), balancer);
        for (Toolstack each : List.of(host.toolstack, another(host))) {
            assertThrows(
                    DomainStateException.class,
                    () -> each.reserveMemory(id, KiB.ofMiB(1), Duration.ofMinutes(1)),
                    "the first request is open");
        }
        first.close();
        try (MemoryReservation again = host.toolstack
                .reserveMemory(id, KiB.ofMiB(2001), Duration.ofMinutes(1))
                .orElseThrow()) {
            assertEquals(Optional.empty(), again.answer());
            first.close();
            run(host, Duration.ofMillis(1), balancer);
            MemoryAnswer.Refused refused =
                    assertInstanceOf(MemoryAnswer.Refused.class, again.answer().orElseThrow());
            assertTrue(refused.reason().startsWith("2001 MiB asked; "), refused.reason());
        }
    }

    @Test
    void aRequestThatCouldNotBeWithdrawnIsWithdrawnByTheNextRequestOrBuildOrEndOfAGuest() {
        TestHost host = hostOf(400, GOOD);
        Domain guest = start(host, "one");
        MemoryBalancer balancer = balancer(host.newProcess());
        run(host, Duration.ofSeconds(20), balancer);
        UUID id = UUID.randomUUID();
        List<Runnable> nextUses = List.of(
                () -> host.toolstack
                        .reserveMemory(id, KiB.ofMiB(1), Duration.ofMinutes(1))
                        .orElseThrow()
                        .close(),
                () -> host.toolstack.create(TestHost.guest("two", 20, 20).build()),
                guest::destroy);
        for (Runnable nextUse : nextUses) {
            MemoryReservation reservation = host.toolstack
                    .reserveMemory(id, KiB.ofMiB(1), Duration.ofMinutes(1))
                    .orElseThrow();
            host.xen.stopXenstored();
            assertThrows(XenStoreException.class, reservation::close);
            host.xen.startXenstored();
            assertEquals(List.of(id.toString()), store(host).list(BalanceNodes.REQUESTS));
            nextUse.run();
            assertEquals(List.of(), store(host).list(BalanceNodes.REQUESTS));
        }
    }

    @Test
    void aToolstackThatIsClosedWithdrawsItsRequests() {
        TestHost host = hostOf(400, GOOD);
        run(host, Duration.ofSeconds(1), balancer(host.newProcess()));
        Toolstack other = another(host);
        UUID id = UUID.randomUUID();
        MemoryReservation reservation =
                other.reserveMemory(id, KiB.ofMiB(1), Duration.ofMinutes(1)).orElseThrow();
        assertEquals(List.of(id.toString()), store(host).list(BalanceNodes.REQUESTS));
        other.close();
        assertEquals(List.of(), store(host).list(BalanceNodes.REQUESTS));
        reservation.close();
    }

    @Test
    void aToolstackCanBeClosedWhileXenstoredIsDown() {
        TestHost host = hostOf(400, GOOD);
        run(host, Duration.ofSeconds(1), balancer(host.newProcess()));
        Toolstack other = another(host);
        other.reserveMemory(UUID.randomUUID(), KiB.ofMiB(1), Duration.ofMinutes(1))
                .orElseThrow();
        host.xen.stopXenstored();
        other.close();
        host.xen.startXenstored();
        assertEquals(1, store(host).list(BalanceNodes.REQUESTS).size());
    }

    @Test
    void aRequestWhoseAnswerWasLostIsWithdrawn() {
        TestHost host = hostOf(400, GOOD);
        run(host, Duration.ofSeconds(1), balancer(host.newProcess()));
        host.faults.inject(call ->
                call.method().equals("transactionCommit") ? new Verdict.LosesAnswer(Errno.EIO) : new Verdict.Passes());
        assertThrows(XenStoreException.class, () -> ask(host, 1, Duration.ofMinutes(1)));
        host.faults.heal();
        assertEquals(List.of(), store(host).list(BalanceNodes.REQUESTS));
    }

    private Toolstack another(TestHost host) {
        Toolstack toolstack = host.newProcess().open();
        opened.add(0, toolstack);
        return toolstack;
    }

    @Test
    void aPromiseIsWrittenAgainOnlyWhenItChangesMuch() {
        TestHost host = hostOf(400, GOOD.atPace(64, Duration.ofMillis(100)));
        Domain one = start(host, "one");
        MemoryBalancer balancer = balancer(host.newProcess());
        run(host, Duration.ofSeconds(60), balancer);
        assertTrue(ownedMib(host, one) > 100, "the guest has grown");
        List<String> texts = new ArrayList<>();
        try (MemoryReservation reservation =
                ask(host, freeMib(host), Duration.ofMinutes(2)).orElseThrow()) {
            for (int i = 0; i < 60; i++) {
                balancer.tick(host.xen.clock().instant());
                String text = reservation.answer().orElseThrow().toString();
                if (texts.isEmpty() || !texts.get(texts.size() - 1).equals(text)) {
                    texts.add(text);
                }
                host.xen.advance(Duration.ofMillis(250));
            }
        }
        assertTrue(texts.get(0).startsWith("Promised"), texts.toString());
        assertTrue(texts.size() <= 12, texts.size() + " texts: " + texts);
    }

    @Test
    void theRequestOfADeadProcessIsRemovedByALookAndNotByAPreview() {
        TestHost host = hostOf(400, GOOD);
        MemoryBalancer balancer = balancer(host.newProcess());
        run(host, Duration.ofSeconds(1), balancer);
        TestProcess asking = host.newProcess();
        Toolstack toolstack = asking.open();
        opened.add(0, toolstack);
        toolstack
                .reserveMemory(UUID.randomUUID(), KiB.ofMiB(1), Duration.ofMinutes(1))
                .orElseThrow();
        asking.ends();
        assertEquals(
                List.of(),
                balancer.preview(host.xen.clock().instant()).snapshot().requests());
        assertEquals(1, store(host).list(BalanceNodes.REQUESTS).size());
        balancer.tick(host.xen.clock().instant());
        assertEquals(List.of(), store(host).list(BalanceNodes.REQUESTS));
    }

    @Test
    void aBuildThatWaitsForTheBalancerCanBeCancelled() {
        TestHost host = hostOf(330, GOOD);
        start(host, "one");
        MemoryBalancer balancer = balancer(host.newProcess());
        run(host, Duration.ofSeconds(20), balancer);
        try (MemoryReservation reservation =
                ask(host, freeMib(host), Duration.ofMinutes(1)).orElseThrow()) {
            Cancellation cancellation = new Cancellation();
            cancellation.cancel();
            assertThrows(OperationCancelledException.class, () -> reservation.awaitGrant(cancellation));
        }
    }

    @Test
    void aBuildThatLacksMemoryAsksTheBalancer() throws Exception {
        TestHost host = hostOf(330, GOOD);
        start(host, "one");
        start(host, "two");
        TestProcess process = host.newProcess();
        MemoryBalancer balancer = balancer(process);
        run(host, Duration.ofSeconds(20), balancer);
        long mib = freeMib(host) + 20;
        Toolstack builder = TestHost.options()
                .processIdentity(host.newProcess())
                .backedBoot(BackedBoot.off())
                .room(RoomPolicy.never())
                .open(host.xen.host());
        opened.add(0, builder);
        Thread time = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                run(host, Duration.ofMillis(250), balancer);
            }
        });
        time.start();
        try {
            Domain built = builder.create(TestHost.guest("new", mib, mib).build());
            assertTrue(ownedMib(host, built) >= mib);
        } finally {
            time.interrupt();
            time.join();
        }
    }
}
