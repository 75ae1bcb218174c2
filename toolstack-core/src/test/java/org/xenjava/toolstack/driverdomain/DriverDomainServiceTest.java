// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.driverdomain.DriverDomainEvent.Kind;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** The device server with its threads. */
@Timeout(120)
class DriverDomainServiceTest extends ServedHost {
    private static final Duration PATIENCE = Duration.ofSeconds(25);

    private DriverDomainOptions options() {
        return DriverDomain.options()
                .hotplugScripts(HotplugPolicy.RUN)
                .records(files.resolve("records"))
                .listener(events::add);
    }

    private DriverDomain open() {
        return options().open(system.connect(), system.scripts());
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, what);
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** dom0's toolstack waits for the server as long as on a real host. */
    private Domain patient(Toolstack patient, Domain domain) {
        return patient.find(domain.uuid()).orElseThrow();
    }

    @Test
    void devicesComeAndGoWithoutAnyoneAskingTheServer() {
        try (DriverDomain server = open();
                Toolstack patient = TestHost.options().deviceLimit(PATIENCE).open(host.xen.host())) {
            assertEquals(driver.domid(), server.domid());
            Domain domain = served();
            await(
                    "connected",
                    () -> stateOf(card(domain)).equals("4")
                            && stateOf(disk(domain)).equals("4"));
            await("both events", () -> events.size() == 2);
            patient(patient, domain).devices().detachNic(0, DetachMode.IF_GUEST_AGREES);
            await("removed", () -> kinds().contains(Kind.REMOVED));
            patient(patient, domain).devices().attach(card("bridge=far"));
            await("connected again", () -> stateOf(card(domain)).equals("4"));
            patient(patient, domain).destroy();
            await("released", () -> system.loops().isEmpty() && system.links().isEmpty());
            await("nothing served", () -> server.devices().isEmpty());
        }
        assertNothingIsServed();
        host.assertUnchangedSince(before, "after the destroy");
    }

    /** Scripts that a test controls. */
    private abstract static class ScriptsOfATest implements HotplugScripts {
        @Override
        public Optional<String> refusal(String path) {
            return Optional.empty();
        }

        @Override
        public Optional<String> run(BootLoaderRun run, BooleanSupplier isCancelled) {
            throw new UnsupportedOperationException();
        }
    }

    private Domain guestWithTwoScripts() {
        return running(TestHost.guest("web", 16, 32)
                .nics(List.of(
                        card("bridge=far,script=/etc/slow"),
                        XlConfigReader.nic("mac=00:16:3e:01:02:04,backend=net,bridge=far,script=/etc/slow"))));
    }

    @Test
    void scriptsOfSeveralDevicesRunAtTheSameTime() {
        CyclicBarrier both = new CyclicBarrier(2);
        HotplugScripts scripts = new ScriptsOfATest() {
            @Override
            public Optional<String> run(HotplugScript script) {
                try {
                    both.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                } catch (BrokenBarrierException | TimeoutException | InterruptedException e) {
                    return Optional.of("alone");
                }
                write(
                        "/local/domain/" + driver.domid() + "/"
                                + script.environment().get("XENBUS_PATH") + "/hotplug-status",
                        "connected");
                return Optional.empty();
            }
        };
        try (DriverDomain server = options().open(system.connect(), scripts)) {
            guestWithTwoScripts();
            await("both connected", () -> kinds().equals(List.of(Kind.CONNECTED, Kind.CONNECTED)));
            assertEquals(2, server.devices().size());
        }
    }

    @Test
    void closingEndsAScriptAndTheNextServerConnectsItsDevice() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        HotplugScripts hanging = new ScriptsOfATest() {
            @Override
            public Optional<String> run(HotplugScript script) {
                running.countDown();
                try {
                    Thread.sleep(PATIENCE.toMillis());
                    return Optional.of("was not ended");
                } catch (InterruptedException e) {
                    ended.countDown();
                    Thread.currentThread().interrupt();
                    throw new OperationCancelledException("interrupted", e);
                }
            }
        };
        Domain domain = running(guest("web").nics(List.of(card("bridge=far,script=vif-route"))));
        DriverDomain server = options().open(system.connect(), hanging);
        assertTrue(running.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        server.close();
        assertTrue(ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        assertTrue(server.ended().isDone());
        assertEquals("2", stateOf(card(domain)));
        assertEquals("", problemOf(card(domain)));
        try (DriverDomain next = open()) {
            await("connected", () -> stateOf(card(domain)).equals("4"));
            assertEquals(driver.domid(), next.domid());
        }
        assertEquals(
                List.of("offline", "online"),
                system.scriptCalls().stream().map(call -> call.split(" ")[1]).toList(),
                "what was interrupted is undone first");
    }

    private boolean answers() {
        try {
            // The toolstack's own connection.
            return host.faults.store().read(XenStore.NO_TRANSACTION, "/local/domain/0/name").length > 0;
        } catch (XenLibException e) {
            return false;
        }
    }

    @Test
    void aRestartOfXenstoredDelaysOnly() {
        Domain domain = running(guest("web"));
        try (DriverDomain server = open()) {
            await("connected", () -> stateOf(disk(domain)).equals("4"));
            host.xen.stopXenstored();
            host.xen.startXenstored();
            await("dom0's toolstack is connected again", this::answers);
            Domain second = running(TestHost.guest("two", 16, 32).nics(List.of(card("bridge=far"))));
            await("the next device", () -> stateOf(card(second)).equals("4"));
            assertTrue(!server.ended().isDone());
        }
    }

    @Test
    void aServerWhoseWatchesAreLostLooksEveryTwoSeconds() {
        FaultInjection faults = FaultInjection.around(system.connect());
        faults.inject(Fault.every(site -> site.method().equals("readWatch"), Errno.EIO));
        try (DriverDomain server = options().open(faults, system.scripts())) {
            await("the first look", () -> faults.calls() > 1);
            Domain domain = served();
            await("connected", () -> stateOf(disk(domain)).equals("4"));
            assertEquals(driver.domid(), server.domid());
        }
    }

    @Test
    void aSecondServerIsRefused() {
        try (DriverDomain server = open()) {
            String message =
                    assertThrows(DomainStateException.class, this::open).getMessage();
            assertTrue(message.startsWith("another device server runs in this domain"), message);
            assertEquals(driver.domid(), server.domid());
        }
        open().close();
    }

    @Test
    void domainZeroIsRefused() {
        String message = assertThrows(
                        DomainStateException.class, () -> options().open(host.xen.connect(), system.scripts()))
                .getMessage();
        assertTrue(message.startsWith("this is domain 0, whose devices the toolstack connects itself"), message);
    }

    @Test
    void aListenerThatFailsHoldsUpNothing() {
        Domain domain = served();
        try (DriverDomain server = options()
                .listener(event -> {
                    events.add(event);
                    throw new IllegalStateException("listener");
                })
                .open(system.connect(), system.scripts())) {
            await(
                    "both",
                    () -> stateOf(card(domain)).equals("4")
                            && stateOf(disk(domain)).equals("4"));
            await("both events", () -> events.size() == 2);
            PvDevice card = card(domain);
            assertTrue(events.stream()
                    .anyMatch(event -> event.toString().equals("backend/vif/" + card.domid() + "/0: connected: far")));
            assertEquals(2, server.devices().size());
        }
    }
}
