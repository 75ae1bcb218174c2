// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.DomainStatus.State;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainNotFoundException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A handle on a domain: what may be repeated, what is refused, what is waited for. */
class DomainTest {
    private static final Duration FOREVER = Duration.ofHours(1);

    private final TestHost host = TestHost.create();
    private Domain domain;

    @BeforeEach
    void build() {
        domain = host.toolstack.create(TestHost.guest("handled", 64, 128).build());
    }

    @AfterEach
    void close() {
        host.close();
    }

    private boolean isPaused() {
        return domain.status().states().contains(State.PAUSED);
    }

    @Test
    void pausingTwiceAndUnpausingOnceLeavesItRunning() {
        domain.unpause();
        domain.pause();
        domain.pause();
        assertTrue(isPaused());
        domain.unpause();
        assertFalse(isPaused());
        domain.unpause();
        assertFalse(isPaused());
    }

    @Test
    void destroyingTwiceIsDestroyingOnce() {
        domain.destroy();
        assertFalse(domain.exists());
        domain.destroy();
        assertEquals("", domain.name());
    }

    @Test
    void domainZeroCannotBeDestroyedAndKeepsItsTree() {
        Domain dom0 = host.toolstack.find(0).orElseThrow();
        assertThrows(DomainStateException.class, dom0::destroy);
        assertEquals("Domain-0", dom0.name());
        assertEquals(DomainStatus.Kind.PV, dom0.status().kind());
    }

    /** Everything that cannot be done without a domain. */
    private static Stream<Operation> operationsOnADomain() {
        return Stream.of(
                new Operation("status", Domain::status),
                new Operation("pause", Domain::pause),
                new Operation("unpause", Domain::unpause),
                new Operation("memory", domain -> domain.memory().status()),
                new Operation("podStatus", domain -> domain.pod().status()),
                new Operation("setMemory", domain -> domain.memory().set(KiB.ofMiB(80))),
                new Operation("setMaxMemory", domain -> domain.memory().setMaximum(KiB.ofMiB(160))),
                new Operation(
                        "requestShutdown", domain -> domain.lifecycle().requestShutdown(ShutdownRequest.POWEROFF)),
                new Operation("awaitShutdown", domain -> domain.lifecycle().awaitShutdown(FOREVER)),
                new Operation("consoleTerminal", domain -> domain.console().terminal(FOREVER)));
    }

    private record Operation(String name, Consumer<Domain> action) {
        @Override
        public String toString() {
            return name;
        }
    }

    @ParameterizedTest
    @MethodSource("operationsOnADomain")
    void aDomainThatWasDestroyedIsGone(Operation operation) {
        host.xenctrl.domains().destroy(domain.domid());
        DomainGoneException e =
                assertThrows(DomainGoneException.class, () -> operation.action().accept(domain));
        assertTrue(e.getMessage().contains("domain " + domain.domid()), e.getMessage());
    }

    @Test
    void anotherDomainThatHasTheNumberNowIsNotTouched() {
        host.xenctrl.domains().destroy(domain.domid());
        int successor = createDomainWithTheNumberOf(domain);
        MachineState before = host.state();
        operationsOnADomain()
                .forEach(operation -> assertThrows(
                        DomainGoneException.class, () -> operation.action().accept(domain), operation.name()));
        assertTrue(domain.lifecycle().awaitGone(FOREVER));
        host.assertUnchangedSince(before, "after all operations");
        domain.destroy();
        assertFalse(domain.exists());
        assertTrue(host.toolstack.find(successor).orElseThrow().exists());
    }

    /** Xen counts up and begins again at 1, so a number returns after 32,750 others. */
    private int createDomainWithTheNumberOf(Domain gone) {
        while (true) {
            int domid = host.xenctrl
                    .domains()
                    .create(new CreateDomain(
                            UUID.randomUUID(), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 1));
            if (domid == gone.domid()) {
                return domid;
            }
            host.xenctrl.domains().destroy(domid);
        }
    }

    // ---- shutting down ------------------------------------------------------------------------------------

    private String shutdownWord() {
        return new String(
                host.observer
                        .store()
                        .read(XenStore.NO_TRANSACTION, "/local/domain/" + domain.domid() + "/control/shutdown"),
                StandardCharsets.UTF_8);
    }

    @Test
    void aGuestWithoutPvDriversCannotBeAskedToStop() {
        DomainStateException e = assertThrows(
                DomainStateException.class, () -> domain.lifecycle().requestShutdown(ShutdownRequest.POWEROFF));
        assertEquals(
                "shutting down domain 1: the guest has no PV drivers, or is still booting; " + "wait, or destroy it",
                e.getMessage());
        assertEquals("", shutdownWord());
    }

    private void boot() {
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
    }

    @ParameterizedTest
    @EnumSource
    void aGuestWithPvDriversFollowsARequest(ShutdownRequest request) {
        boot();
        domain.lifecycle().requestShutdown(request);
        host.xen.advance(Duration.ofMinutes(1));
        assertEquals(request.name(), domain.lifecycle().awaitShutdown(FOREVER).name());
    }

    @ParameterizedTest
    @EnumSource
    void aRequestIsThePvDriversWord(ShutdownRequest request) {
        boot();
        domain.lifecycle().requestShutdown(request);
        assertEquals(request.name().toLowerCase(Locale.ROOT), shutdownWord());
    }

    @Test
    void aGuestThatHasStoppedIsNotAskedToStop() {
        boot();
        host.xenctrl.domains().remoteShutdown(domain.domid(), ShutdownReason.CRASH.code());
        domain.lifecycle().requestShutdown(ShutdownRequest.POWEROFF);
        assertEquals("", shutdownWord());
    }

    /** Does something once another thread waits for an event of the domain, and gives what that thread gets. */
    private <T> CompletableFuture<T> whileWaiting(Function<Domain, T> waiting, Runnable action) throws Exception {
        CountDownLatch looked = new CountDownLatch(1);
        AtomicBoolean watched = new AtomicBoolean();
        host.faults.inject(call -> {
            if (watched.get() && call.name().equals("XEN_DOMCTL_getdomaininfo")) {
                looked.countDown();
            }
            watched.compareAndSet(false, call.name().equals("xs_watch"));
            return new Verdict.Passes();
        });
        CompletableFuture<T> result = CompletableFuture.supplyAsync(() -> waiting.apply(domain));
        looked.await();
        action.run();
        return result;
    }

    @ParameterizedTest
    @EnumSource
    void aWaitForTheShutdownReturnsTheReason(ShutdownReason reason) throws Exception {
        assertEquals(
                reason,
                whileWaiting(
                                waiting -> waiting.lifecycle().awaitShutdown(FOREVER),
                                () -> host.xenctrl.domains().remoteShutdown(domain.domid(), reason.code()))
                        .get());
        State state = reason == ShutdownReason.CRASH ? State.CRASHED : State.SHUTDOWN;
        assertTrue(domain.status().states().contains(state), domain.status().toString());
        assertEquals(reason, domain.status().shutdownReason().orElseThrow());
    }

    @Test
    void aWaitForTheShutdownOfADestroyedDomainFails() throws Exception {
        ExecutionException e = assertThrows(
                ExecutionException.class,
                whileWaiting(
                        waiting -> waiting.lifecycle().awaitShutdown(FOREVER),
                        () -> host.xenctrl.domains().destroy(domain.domid()))::get);
        assertEquals(DomainGoneException.class, e.getCause().getClass());
    }

    @Test
    void aWaitForTheEndReturnsWhenTheDomainIsGone() throws Exception {
        assertTrue(whileWaiting(waiting -> waiting.lifecycle().awaitGone(FOREVER), domain::destroy)
                .get());
    }

    @Test
    void waitingEndsWithItsTime() {
        assertFalse(domain.lifecycle().awaitGone(Duration.ZERO));
        assertEquals(
                "domain 1 has not shut down within 0 s",
                assertThrows(OperationTimeoutException.class, () -> domain.lifecycle()
                                .awaitShutdown(Duration.ZERO))
                        .getMessage());
    }

    @Test
    void anInterruptEndsWaitingAndStaysSet() {
        Thread.currentThread().interrupt();
        assertThrows(OperationCancelledException.class, () -> domain.lifecycle().awaitShutdown(FOREVER));
        assertTrue(Thread.interrupted());
    }

    // ---- console and status -------------------------------------------------------------------------------

    private void writeTty(String terminal) {
        host.observer
                .store()
                .write(
                        XenStore.NO_TRANSACTION,
                        "/local/domain/" + domain.domid() + "/console/tty",
                        terminal.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theConsoleIsTheTerminalThatXenconsoledOpens() {
        assertEquals("/dev/pts/0", domain.console().terminal(FOREVER));
        writeTty("");
        assertEquals(
                "domain 1: no console terminal within 0 s; is xenconsoled running?",
                assertThrows(OperationTimeoutException.class, () -> domain.console()
                                .terminal(Duration.ZERO))
                        .getMessage());
    }

    @Test
    void aWaitForTheConsoleEndsWhenItIsThere() throws Exception {
        writeTty("");
        assertEquals(
                "/dev/pts/7",
                whileWaiting(waiting -> waiting.console().terminal(FOREVER), () -> writeTty("/dev/pts/7"))
                        .get());
    }

    @Test
    void aDomainIsFoundByDomidNameAndUuidOnly() {
        for (String word : List.of("1", "handled", domain.uuid().toString())) {
            assertEquals(domain.uuid(), host.toolstack.resolve(word).uuid(), word);
        }
        for (String word : List.of("2", "handle", UUID.randomUUID().toString(), "")) {
            assertThrows(DomainNotFoundException.class, () -> host.toolstack.resolve(word), word);
        }
    }

    @Test
    void allDomainsAreListedByNumberWithTheirStatus() {
        Domain second = host.toolstack.create(TestHost.guest("second", 32, 32).build());
        assertEquals(
                List.of("Domain-0", "handled", "second"),
                host.toolstack.statuses().stream().map(DomainStatus::name).toList());
        assertEquals(
                List.of(0, 1, second.domid()),
                host.toolstack.domains().stream().map(Domain::domid).toList());
        assertEquals(domain.status(), host.toolstack.statuses().get(1));
    }
}
