// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.pv.LocalBackEnds;
import org.xenjava.toolstack.driverdomain.DriverDomainEvent.Kind;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.SimulatedDriverDomain;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.HotplugBehaviour;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/** A simulated host with a driver domain, and servers in it whose looks a test makes one by one. */
abstract class ServedHost {
    static final int XVDB = 51728;
    private static final Duration A_MOMENT = Duration.ofSeconds(10);

    @TempDir
    Path files;

    final TestHost host = TestHost.of(SimulatedXen.builder());
    final List<DriverDomainEvent> events = new CopyOnWriteArrayList<>();
    private final List<Look> open = new ArrayList<>();
    Domain driver = running(TestHost.guest("net", 32, 32).options(Set.of(GuestOption.DRIVER_DOMAIN)));
    SimulatedDriverDomain system = host.xen.driverDomain(
            driver.domid(),
            List.of("/dev/vg/far"),
            List.of("far"),
            Map.of(
                    "/etc/xen/scripts/vif-route", HotplugBehaviour.WORKS,
                    "/etc/xen/scripts/block-iscsi", HotplugBehaviour.WORKS,
                    "/etc/xen/scripts/fails", HotplugBehaviour.FAILS,
                    "/etc/xen/scripts/idle", HotplugBehaviour.DOES_NOTHING,
                    "/etc/xen/scripts/hangs", HotplugBehaviour.HANGS));
    final MachineState before = host.state();
    Path image = Path.of("/");

    @BeforeEach
    void makeAnImage() throws IOException {
        image = Files.write(files.resolve("far.img"), new byte[512]);
    }

    @AfterEach
    void close() {
        open.forEach(Look::close);
        host.close();
    }

    /** A server whose work is done within its looks. */
    final class Look {
        final XenLibraries libraries;
        final ServedRecords records;
        final DeviceServer server;
        private final XenLibraries watches;
        private final WatchHub hub;
        private Instant now = Instant.EPOCH;

        Look(XenLibraries libraries, HotplugPolicy policy) {
            this(libraries, policy, Runnable::run);
        }

        Look(XenLibraries libraries, HotplugPolicy policy, Executor executor) {
            this.libraries = libraries;
            StoreClient store = new StoreClient(libraries.store());
            // Of a connection without faults: its thread would report the end of a killed process.
            watches = system.connect();
            hub = new WatchHub(watches.store());
            records = ServedRecords.open(files.resolve("records"), driver.domid());
            BackEndTree tree = new BackEndTree(store, driver.domid());
            DeviceWork work = new DeviceWork(
                    tree,
                    records,
                    new LocalBackEnds(libraries.hostDevices(), store),
                    libraries.hostDevices(),
                    system.scripts(),
                    policy,
                    Duration.ZERO);
            server = new DeviceServer(tree, work, records, hub, executor, events::add);
            open.add(this);
        }

        /** Looks, some time after the last look. */
        void look() {
            now = now.plus(A_MOMENT);
            server.tick(() -> now);
        }

        /** Ends as a process that was killed. */
        void close() {
            server.end();
            hub.close();
            records.close();
            watches.close();
            libraries.close();
        }
    }

    final Look server() {
        return server(system.connect());
    }

    final Look server(XenLibraries libraries) {
        return new Look(libraries, HotplugPolicy.RUN);
    }

    /** Lets the server end and another one begin. */
    final Look successor(Look server) {
        open.remove(server);
        server.close();
        return server();
    }

    final Domain running(DomainConfig.Builder config) {
        Domain domain = host.toolstack.create(config.build());
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(5));
        return domain;
    }

    /** A guest with one card and one disk that the driver domain serves. */
    final Domain served() {
        return running(guest("web"));
    }

    final DomainConfig.Builder guest(String name) {
        return TestHost.guest(name, 16, 32)
                .nics(List.of(card("bridge=far")))
                .disks(List.of(XlConfigReader.disk("format=raw,vdev=xvdb,access=w,backend=net,target=" + image)));
    }

    final NicConfig card(String words) {
        return XlConfigReader.nic("mac=00:16:3e:01:02:03,backend=net," + words);
    }

    final PvDevice disk(Domain domain) {
        return PvDevice.ofBackend("vbd", domain.domid(), XVDB, driver.domid());
    }

    final PvDevice card(Domain domain) {
        return PvDevice.ofBackend("vif", domain.domid(), 0, driver.domid());
    }

    final Optional<String> read(String path) {
        try {
            return Optional.of(
                    new String(host.observer.store().read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8));
        } catch (XenLibException missing) {
            return Optional.empty();
        }
    }

    final void write(String path, String value) {
        host.observer.store().write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Asks a back end to close, as the toolstack of dom0 does. */
    final void askToClose(PvDevice device) {
        write(device.backPath() + "/online", "0");
        write(device.backPath() + "/state", "5");
        host.xen.advance(Duration.ofSeconds(1));
    }

    final String stateOf(PvDevice device) {
        return read(device.backPath() + "/state").orElse("");
    }

    final String problemOf(PvDevice device) {
        return read(device.backPath() + "/hotplug-error").orElse("");
    }

    final List<Kind> kinds() {
        return events.stream().map(DriverDomainEvent::kind).toList();
    }

    /** Writes a back end with the rights that a toolstack gives it. */
    final void writeBackEnd(PvDevice device, String state) {
        write(device.backPath(), "");
        host.observer
                .store()
                .setPermissions(
                        XenStore.NO_TRANSACTION,
                        device.backPath(),
                        List.of(
                                new XenStorePermission(driver.domid(), XenStorePermission.NONE),
                                new XenStorePermission(device.domid(), XenStorePermission.READ)));
        write(device.backPath() + "/frontend", "/local/domain/" + device.domid() + "/device/" + device.kind() + "/0");
        write(device.backPath() + "/online", "1");
        write(device.backPath() + "/state", state);
    }

    /**
     * Nothing of any device is in the driver domain, in xenstore or in the records. Directories above the devices are
     * dom0's, which removes them.
     */
    final void assertNothingIsServed() {
        assertEquals(Map.of(), system.loops());
        assertEquals(Map.of(), system.links());
        assertEquals(
                List.of(),
                host.state().xenstore().keySet().stream()
                        .filter(path -> path.matches(PvDevice.backendRoot(driver.domid()) + "/[^/]*/[^/]*/.*"))
                        .toList());
        try (var names = Files.list(files.resolve("records"))) {
            assertEquals(
                    List.of("lock"),
                    names.map(name -> name.getFileName().toString()).toList());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
