// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.save.PassingTime;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.guest.QemuHandle;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Receives an HVM guest from a sender like {@code xl migrate}, with a fault at the receiver's calls. Afterwards the receiver has
 * the guest with running devices, or nothing of it, as its report says.
 */
class HvmReceiveFaultsTest {
    /** Every n-th call is tested; {@code -Dstride=1} covers all. */
    private static final int STRIDE = Integer.getInteger("stride", 13);

    private static final int LIMIT_SECONDS = 20;

    private final TestHost host = TestHost.create();
    private final MachineState empty = host.state();
    private byte[] stream = {};

    @TempDir
    Path directory;

    /** A file of a saved guest is what a sender sends. */
    @BeforeEach
    void saveAGuest() throws IOException {
        Domain domain = host.toolstack.create(
                TestHost.hvmGuest("web", 17, 17).uuid(TwoHosts.ID).build());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        Path file = directory.resolve("web.save");
        PassingTime.during(host.xen, () -> domain.saving().save(file, Afterwards.DESTROY));
        host.assertUnchangedSince(empty, "a save");
        stream = Files.readAllBytes(file);
    }

    @AfterEach
    void close() {
        host.close();
    }

    /**
     * The sender's knowledge of a migration.
     *
     * @param permitted whether it gave its permission
     * @param status the receiver's report; empty if none came
     */
    private record Known(boolean permitted, OptionalInt status) {}

    private Known send(MigrationLink cable) {
        boolean permitted = false;
        try (TimedLink link = new TimedLink(cable, Duration.ofSeconds(LIMIT_SECONDS))) {
            Handshake handshake = new Handshake(link);
            handshake.expect(Handshake.READY, Duration.ofSeconds(LIMIT_SECONDS));
            ByteBuffer bytes = ByteBuffer.wrap(stream);
            while (bytes.hasRemaining()) {
                link.out().write(bytes);
            }
            handshake.expect(Handshake.BUILT, Duration.ofSeconds(LIMIT_SECONDS));
            permitted = true;
            handshake.send(Handshake.GO);
            handshake.expect(Handshake.REPORT, Duration.ofSeconds(LIMIT_SECONDS));
            return new Known(true, OptionalInt.of(handshake.next(Duration.ofSeconds(LIMIT_SECONDS))));
        } catch (IOException | MigrationException e) {
            return new Known(permitted, OptionalInt.empty());
        }
    }

    private Known receive(Toolstack receiver) {
        CompletableFuture<Known> result = new CompletableFuture<>();
        PassingTime.during(host.xen, () -> {
            TestCable cable = new TestCable();
            CompletableFuture<Known> sending = CompletableFuture.supplyAsync(() -> send(cable.sender()));
            try {
                receiver.receive(
                        cable.receiver(),
                        TwoHosts.LIMITS,
                        ReceivedStart.RUNNING,
                        CreateListener.NONE,
                        new Cancellation());
            } catch (ToolstackException | ProcessKilled e) {
                // What is left is the subject of the test.
            }
            result.complete(sending.join());
        });
        return result.join();
    }

    private long callsOfAReceive() {
        long calls = 0;
        // What the first one has asked of the host is known to the second.
        for (int round = 0; round < 2; round++) {
            long before = host.faults.calls();
            assertEquals(new Known(true, OptionalInt.of(0)), receive(host.toolstack));
            calls = host.faults.calls() - before;
            assertRuns("no fault");
            remove();
        }
        assertTrue(calls > 100, "a receive is more than " + calls + " calls");
        return calls;
    }

    private Optional<DomainInfo> alive() {
        List<DomainInfo> alive = host.xenctrl.domains().list().stream()
                .filter(info -> info.handle().equals(TwoHosts.ID) && !info.dying())
                .toList();
        assertTrue(alive.size() <= 1, alive.toString());
        return alive.stream().findFirst();
    }

    private void assertRuns(String after) {
        DomainInfo info = alive().orElseThrow(() -> new AssertionError(after));
        assertFalse(info.shutdown() || info.paused(), after);
        QemuHandle qemu = host.xen.qemu(info.domid()).orElseThrow(() -> new AssertionError(after));
        assertTrue(qemu.isRunning() && qemu.hasDisksOpen(), after);
        assertEquals("web", host.toolstack.find(TwoHosts.ID).orElseThrow().name(), after);
        assertEquals(List.of(), host.toolstack.leftovers().find(), after);
    }

    private void remove() {
        host.toolstack.find(TwoHosts.ID).orElseThrow().destroy();
        host.assertUnchangedSince(empty, "the end of the guest");
    }

    private void assertAllOrNothing(Known sender, String after) {
        boolean here = alive().isPresent();
        assertTrue(sender.permitted() || !here, after);
        sender.status().ifPresent(status -> assertEquals(status == 0, here, after));
        if (here) {
            assertRuns(after);
            remove();
        } else {
            host.assertUnchangedSince(empty, after);
        }
    }

    private void injectAtCalls(LongFunction<Fault> fault) {
        long calls = callsOfAReceive();
        LongStream.rangeClosed(1, calls).filter(n -> n % STRIDE == 0).forEach(n -> {
            host.faults.inject(fault.apply(n));
            Known known = receive(host.toolstack);
            host.faults.heal();
            String after = "call " + n + ": " + host.faults.injected();
            host.toolstack.leftovers().removeAll();
            assertAllOrNothing(known, after);
        });
    }

    @Test
    void aFailedCallLeavesTheWholeGuestOrNothing() {
        injectAtCalls(n -> Fault.callFails(n, Errno.EIO));
    }

    @Test
    void aLostAnswerLeavesTheWholeGuestOrNothing() {
        injectAtCalls(n -> Fault.answerLost(n, Errno.EIO));
    }

    @Test
    void theNextProcessCompletesOrRemovesWhatAKilledReceiverHasLeft() {
        long calls = callsOfAReceive();
        LongStream.rangeClosed(1, calls).filter(n -> n % STRIDE == 0).forEach(n -> {
            TestProcess process = host.newProcess();
            Toolstack receiver = process.open();
            process.faults().inject(Fault.processKilled(n));
            Known known = receive(receiver);
            process.faults().close();
            process.ends();
            TestProcess next = host.newProcess();
            PassingTime.during(host.xen, () -> next.open().close());
            next.ends();
            assertAllOrNothing(known, "call " + n + ": " + process.faults().injected());
        });
    }
}
