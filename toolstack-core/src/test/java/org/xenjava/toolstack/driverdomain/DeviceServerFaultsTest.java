// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.driverdomain.DriverDomainEvent.Kind;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Failures of requests, the end of the process at any request, and the rights of the domain. */
class DeviceServerFaultsTest extends ServedHost {
    private Domain guestWithScript() {
        return running(guest("web").nics(List.of(card("bridge=far,script=vif-route"))));
    }

    private Domain guestWithFourDevices() {
        return running(guest("web")
                .nics(List.of(
                        card("bridge=far,vifname=up"),
                        XlConfigReader.nic("mac=00:16:3e:01:02:04,backend=net,bridge=far,script=vif-route"))));
    }

    private List<PvDevice> devices(Domain domain) {
        return List.of(disk(domain), card(domain), PvDevice.ofBackend("vif", domain.domid(), 1, driver.domid()));
    }

    private long callsOfAWholeLife() {
        FaultInjection faults = FaultInjection.around(system.connect());
        Domain domain = guestWithFourDevices();
        Look server = server(faults);
        live(server, domain);
        domain.destroy();
        server.close();
        return faults.calls();
    }

    private void live(Look server, Domain domain) {
        server.look();
        devices(domain).forEach(this::askToClose);
        server.look();
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void workIsRepeatedAfterAnyFailure(boolean answerLost) {
        long calls = callsOfAWholeLife();
        LongFunction<Fault> fault =
                call -> answerLost ? Fault.answerLost(call, Errno.EIO) : Fault.callFails(call, Errno.EIO);
        int failed = 0;
        for (long call = 1; call <= calls; call++) {
            Domain domain = guestWithFourDevices();
            FaultInjection faults = FaultInjection.around(system.connect());
            Look server = server(faults);
            faults.inject(fault.apply(call));
            lookAndForgive(server);
            lookAndForgive(server);
            lookAndForgive(server);
            String at = faults.injected().toString();
            boolean refusedByKernel = at.contains("host_");
            for (PvDevice device : devices(domain)) {
                // A refusal of the kernel is final, as for dom0's toolstack.
                assertTrue(
                        stateOf(device).equals("4")
                                || refusedByKernel && !problemOf(device).isEmpty(),
                        device + at);
            }
            devices(domain).forEach(this::askToClose);
            lookAndForgive(server);
            lookAndForgive(server);
            lookAndForgive(server);
            failed += faults.injected().size();
            assertNothingIsServed();
            domain.destroy();
            host.assertUnchangedSince(before, at);
            server.close();
        }
        assertTrue(failed > 50, failed + " of " + calls);
    }

    private static void lookAndForgive(Look server) {
        try {
            server.look();
        } catch (RuntimeException e) {
            // The service repeats a look that fails.
        }
    }

    @Test
    void aServerThatIsKilledAtAnyRequestIsSucceeded() {
        long calls = callsOfAWholeLife();
        int killed = 0;
        for (long call = 1; call <= calls; call++) {
            Domain domain = guestWithFourDevices();
            FaultInjection faults = FaultInjection.around(system.connect());
            Look server = server(faults);
            faults.inject(Fault.processKilled(call));
            try {
                live(server, domain);
            } catch (ProcessKilled e) {
                killed++;
            }
            server.records.close();
            Look next = server();
            next.look();
            for (PvDevice device : devices(domain)) {
                assertTrue(
                        Set.of("4", "").contains(stateOf(device)),
                        device + faults.injected().toString());
            }
            devices(domain).stream()
                    .filter(device -> !stateOf(device).isEmpty())
                    .forEach(this::askToClose);
            next.look();
            assertNothingIsServed();
            domain.destroy();
            host.assertUnchangedSince(before, faults.injected().toString());
            next.close();
        }
        assertTrue(killed > 50, killed + " of " + calls);
    }

    /** dom0 removes the nodes by force while the server is at work for the device. */
    @Test
    void aDeviceThatGoesDuringItsWorkIsReleased() {
        long calls = callsOfAWholeLife();
        int gone = 0;
        for (long call = 1; call <= calls; call += 3) {
            Domain domain = guestWithScript();
            FaultInjection faults = FaultInjection.around(system.connect());
            Look server = server(faults);
            long at = call;
            boolean[] done = {false};
            faults.inject(site -> {
                if (site.number() == at && !done[0]) {
                    done[0] = true;
                    devicesOfTwo(domain).forEach(device -> host.observer.store().rm(0, device.backPath()));
                }
                return new Verdict.Passes();
            });
            lookAndForgive(server);
            gone += done[0] ? 1 : 0;
            if (!done[0]) {
                devicesOfTwo(domain).forEach(device -> host.observer.store().rm(0, device.backPath()));
            }
            lookAndForgive(server);
            lookAndForgive(server);
            assertNothingIsServed();
            domain.destroy();
            host.assertUnchangedSince(before, "call " + call);
            server.close();
        }
        assertTrue(gone > 10, gone + " of " + calls);
    }

    private List<PvDevice> devicesOfTwo(Domain domain) {
        return List.of(disk(domain), card(domain));
    }

    /** The look at the disk is older than the end of its work. */
    @Test
    void aLookThatIsOutdatedStartsNothing() {
        Domain domain = served();
        Deque<Runnable> work = new ArrayDeque<>();
        FaultInjection faults = FaultInjection.around(system.connect());
        Look server = new Look(faults, HotplugPolicy.RUN, work::add);
        server.look();
        assertEquals(2, work.size());
        faults.inject(site -> {
            boolean looksAtTheCard = site.path().equals(Optional.of(card(domain).backPath() + "/frontend"));
            while (looksAtTheCard && !work.isEmpty()) {
                work.remove().run();
            }
            return new Verdict.Passes();
        });
        server.look();
        while (!work.isEmpty()) {
            work.remove().run();
        }
        assertEquals(List.of(Kind.CONNECTED, Kind.CONNECTED), kinds());
        assertEquals(1, system.loops().size());
    }

    @Test
    void everyRequestIsForNodesOfTheDomainsOwnBackEnds() {
        Set<String> outside = new TreeSet<>();
        String root = PvDevice.backendRoot(driver.domid());
        XenLibraries libraries = system.connect();
        XenStore store = (XenStore) Proxy.newProxyInstance(
                XenStore.class.getClassLoader(), new Class<?>[] {XenStore.class}, (proxy, method, arguments) -> {
                    if (arguments != null && arguments.length > 1 && arguments[1] instanceof String path) {
                        boolean isWatch = method.getName().equals("watch")
                                || method.getName().equals("unwatch");
                        String of = isWatch ? (String) arguments[0] : path;
                        if (!of.equals(root) && !of.startsWith(root + "/")) {
                            outside.add(method.getName() + " " + of);
                        }
                    }
                    if (method.isDefault()) {
                        return java.lang.reflect.InvocationHandler.invokeDefault(proxy, method, arguments);
                    }
                    try {
                        return method.invoke(libraries.store(), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        Look server = server(with(libraries, store));
        Domain domain = guestWithFourDevices();
        live(server, domain);
        assertEquals(6, events.size());
        assertEquals(Set.of(), outside);
        domain.destroy();
    }

    private static XenLibraries with(XenLibraries libraries, XenStore store) {
        return new XenLibraries() {
            @Override
            public XenCall call() {
                return libraries.call();
            }

            @Override
            public XenForeignMemory foreignMemory() {
                return libraries.foreignMemory();
            }

            @Override
            public XenEventChannels eventChannels() {
                return libraries.eventChannels();
            }

            @Override
            public XenDeviceModel deviceModel() {
                return libraries.deviceModel();
            }

            @Override
            public XenStore store() {
                return store;
            }

            @Override
            public HostDevices hostDevices() {
                return libraries.hostDevices();
            }

            @Override
            public void close() {
                libraries.close();
            }
        };
    }

    /** The tests above prove something only if the simulation refuses what xenstored refuses. */
    @Test
    void theSimulatedDriverDomainHasTheRightsOfItsDomain() {
        Domain other = running(TestHost.guest("other", 16, 32));
        try (XenLibraries libraries = system.connect()) {
            for (String path : List.of(
                    "/local/domain/0/backend/x",
                    "/libxl/" + driver.domid() + "/x",
                    "/local/domain/" + other.domid() + "/data/x",
                    "/tool/x")) {
                assertEquals(
                        Errno.EACCES,
                        assertThrows(
                                        XenLibException.class,
                                        () -> libraries.store().write(0, path, new byte[0]),
                                        path)
                                .errno());
            }
            assertEquals(
                    Errno.EPERM,
                    assertThrows(
                                    XenLibException.class,
                                    () -> libraries.eventChannels().pending())
                            .errno());
        }
    }
}
