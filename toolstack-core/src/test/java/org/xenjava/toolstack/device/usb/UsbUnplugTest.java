// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.usb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.OtherDevice.Kind;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.view.AttachedUsbDevice;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.LogCapture;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.lifecycle.SupervisionEvent;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.Supervisor;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/** USB devices of the host that somebody pulls out while a guest has them. */
class UsbUnplugTest {
    private static final int REBOOT = 1;
    private static final OtherDevice CONTROLLER = XlConfigReader.usb(Kind.USB_CONTROLLER, "");
    private static final OtherDevice STICK = XlConfigReader.usb(Kind.USB_DEVICE, "hostbus=1,hostaddr=2");
    private static final OtherDevice OTHER_STICK = XlConfigReader.usb(Kind.USB_DEVICE, "hostbus=1,hostaddr=7");
    private static final OtherDevice KEYBOARD = XlConfigReader.usb(Kind.USB_DEVICE, "hostbus=1,hostaddr=3");

    private final TestHost host = TestHost.of(
            SimulatedXen.builder().usbDevice("1-1", 1, 2, "usb-storage").usbDevice("1-2", 1, 3, "usbhid"));
    private final List<SupervisionEvent> events = new ArrayList<>();

    @AfterEach
    void close() {
        host.close();
    }

    private Domain running(String name, OtherDevice... devices) {
        DomainConfig.Builder config = TestHost.hvmGuest(name, 8, 8).otherDevices(List.of(devices));
        Domain guest = host.toolstack.create(config.build());
        guest.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        return guest;
    }

    private void pull() {
        host.xen.unplugUsbDevice("1-1");
    }

    /** Linux gives another number to a device that is plugged in. */
    private void plugAnother() {
        host.xen.plugUsbDevice("1-1", 1, 7, "usb-storage", "2");
    }

    private Optional<String> driver() {
        return host.observer.hostDevices().kernelLink("bus/usb/devices/1-1:1.0/driver");
    }

    private static List<AttachedUsbDevice> devices(Domain guest) {
        return guest.devices().usbControllers().stream()
                .flatMap(controller -> controller.devices().stream())
                .toList();
    }

    private static List<OtherDevice> stored(Domain guest) {
        return guest.config().orElseThrow().usbDevices().stream()
                .filter(device -> device.kind() == Kind.USB_DEVICE)
                .toList();
    }

    private void reboot(Domain guest) {
        host.xen.guest(guest.domid()).orElseThrow().shutDown(REBOOT);
        Supervisor supervisor = host.toolstack.newSupervisor(SupervisionPolicy.standard(), events::add);
        supervisor.tick(host.xen.clock().instant());
        supervisor.release();
        host.xen.advance(Duration.ofMinutes(1));
    }

    private Domain restarted(Domain guest) {
        return host.toolstack.find(guest.uuid()).orElseThrow(() -> new AssertionError(events.toString()));
    }

    @Test
    void anotherStickAtTheSamePlaceIsNotTheGuests() {
        Domain guest = running("web", CONTROLLER, STICK);
        pull();
        assertEquals(List.of(new AttachedUsbDevice(0, 1, "1-1", Optional.empty())), devices(guest));
        plugAnother();
        assertEquals(List.of(new AttachedUsbDevice(0, 1, "1-1", Optional.empty())), devices(guest));
        guest.devices().attachUsbDevice(KEYBOARD);
        assertFalse(
                stored(guest).toString().contains("hostaddr=7"), stored(guest).toString());
    }

    /** Linux has used all numbers of the bus, and begins again. */
    @Test
    void anotherStickWithTheSameNumberIsNotTheGuests() {
        Domain guest = running("web", CONTROLLER, STICK);
        pull();
        host.xen.plugUsbDevice("1-1", 1, 2, "usb-storage", "2");
        assertEquals(List.of(new AttachedUsbDevice(0, 1, "1-1", Optional.empty())), devices(guest));
        reboot(guest);
        assertEquals(List.of(), devices(restarted(guest)));
        assertEquals(Optional.of("usb-storage"), driver());
    }

    /** Before, its end and a detach refused because of the other stick. */
    @Test
    void aStickThatWasPulledIsDetachedBesideAnotherOneThatXlGaveToItsGuest() {
        Domain guest = running("web", CONTROLLER, STICK);
        pull();
        plugAnother();
        Domain xls = running("xls", CONTROLLER);
        giveByXl(xls, new UsbAddress(1, 7));
        guest.devices().detachUsbDevice(0, 1);
        assertEquals(List.of(), devices(guest));
        assertEquals(Optional.of("usbfs"), driver());
        assertEquals(
                List.of("1-1"),
                devices(xls).stream().map(AttachedUsbDevice::name).toList());
    }

    /** As xl does: without a record of ours. */
    private void giveByXl(Domain xls, UsbAddress address) {
        write("/libxl/" + xls.domid() + "/device/vusb/0/port/1", "1-1");
        monitor(xls)
                .send(
                        ("{\"execute\":\"device_add\",\"arguments\":{\"id\":\"xenusb-xl\",\"driver\":\"usb-host\","
                                        + "\"bus\":\"xenusb-0.0\",\"port\":\"1\",\"hostdevice\":\"/dev/fdset/0\"}}")
                                .getBytes(StandardCharsets.UTF_8),
                        UsbKernel.file(address),
                        LocalConnection.FileAccess.READ_WRITE);
    }

    private LocalConnection monitor(Domain guest) {
        return host.xen.host().deviceModels().all().stream()
                .filter(qemu -> qemu.domid() == guest.domid())
                .findFirst()
                .orElseThrow()
                .connect(Path.of("monitor"));
    }

    private void write(String path, String text) {
        host.observer.store().write(XenStore.NO_TRANSACTION, path, text.getBytes(StandardCharsets.UTF_8));
    }

    /** xl's usbdev-detach leaves our record. */
    @Test
    void theEndOfAGuestWhoseStickXlGaveToAnotherGuestLeavesItThere() {
        Domain guest = running("web", CONTROLLER, STICK);
        write("/libxl/" + guest.domid() + "/device/vusb/0/port/1", "");
        monitor(guest)
                .send("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"xenusb-1-2\"}}"
                        .getBytes(StandardCharsets.UTF_8));
        Domain xls = running("xls", CONTROLLER);
        giveByXl(xls, new UsbAddress(1, 2));
        guest.destroy();
        assertEquals(Optional.of("usbfs"), driver());
        assertEquals(List.of(), host.toolstack.leftovers().find());
    }

    @Test
    void aStickThatWasPulledKeepsItsPlaceUntilItIsDetached() {
        Domain guest = running("web", CONTROLLER, STICK);
        pull();
        plugAnother();
        ToolstackException e =
                assertThrows(ToolstackException.class, () -> guest.devices().attachUsbDevice(OTHER_STICK));
        assertTrue(
                e.getMessage().contains("has it, or the one that was there before; detach it first"), e.getMessage());
        guest.devices().detachUsbDevice(0, 1);
        assertEquals(
                Optional.of(new UsbAddress(1, 7)),
                guest.devices().attachUsbDevice(OTHER_STICK).address());
        guest.destroy();
        assertEquals(Optional.of("usb-storage"), driver());
    }

    @Test
    void aGuestRestartsWithoutAStickThatWasPulledAndWithItsOthers() throws ReflectiveOperationException {
        Domain guest = running("web", CONTROLLER, STICK, KEYBOARD);
        pull();
        try (LogCapture log = new LogCapture(UsbHost.class)) {
            reboot(guest);
            assertTrue(
                    log.lines().toString().contains("guest web is built without USB device 1:2, which was unplugged"),
                    log.lines().toString());
        }
        Domain next = restarted(guest);
        assertEquals(
                List.of("1-2"),
                devices(next).stream().map(AttachedUsbDevice::name).toList());
        plugAnother();
        next.devices().attachUsbDevice(OTHER_STICK);
        reboot(next);
        assertEquals(
                Set.of("1-1", "1-2"),
                devices(restarted(next)).stream().map(AttachedUsbDevice::name).collect(Collectors.toSet()));
    }

    /** The domain that is set aside would keep the stick from its successor. */
    @Test
    void theSuccessorOfAGuestThatIsSetAsideHasItsDevices() {
        LifecycleAction again = LifecycleAction.RENAME_RESTART;
        Domain guest = host.toolstack.create(TestHost.hvmGuest("web", 8, 8)
                .otherDevices(List.of(CONTROLLER, STICK))
                .lifecycle(new Lifecycle(again, again, again, again, again))
                .build());
        guest.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        UUID uuid = guest.uuid();
        reboot(guest);
        Domain next = host.toolstack.find(uuid).orElseThrow(() -> new AssertionError(events.toString()));
        assertNotEquals(guest.domid(), next.domid());
        assertEquals(
                List.of("1-1"),
                devices(next).stream().map(AttachedUsbDevice::name).toList());
        Domain aside = host.toolstack.find(guest.domid()).orElseThrow();
        assertEquals(List.of(), devices(aside));
        aside.destroy();
        assertEquals(1, devices(next).size());
        next.destroy();
        assertEquals(Optional.of("usb-storage"), driver());
    }

    /** Calls another action at the n-th call from now on. */
    private static Fault during(long n, Runnable action) {
        AtomicLong left = new AtomicLong(n);
        return call -> {
            if (!call.method().equals("readWatch") && left.decrementAndGet() == 0) {
                action.run();
            }
            return new Verdict.Passes();
        };
    }

    private boolean isReached(long n, Runnable action, Runnable work) {
        List<Long> reached = new ArrayList<>();
        host.faults.inject(during(n, () -> {
            reached.add(n);
            action.run();
        }));
        try {
            work.run();
        } catch (ToolstackException e) {
            assertTrue(e.getMessage().toUpperCase(Locale.ROOT).contains("USB"), e.getMessage());
        } finally {
            host.faults.heal();
        }
        return !reached.isEmpty();
    }

    @Test
    void aStickThatIsReplacedAtAnyCallOfAnAttachStaysTheHosts() {
        Domain guest = running("web", CONTROLLER);
        boolean reached = true;
        for (long n = 1; reached; n++) {
            reached = isReached(
                    n,
                    () -> {
                        pull();
                        plugAnother();
                    },
                    () -> guest.devices().attachUsbDevice(STICK));
            String after = "replaced at call " + n;
            assertEquals(Optional.of(reached ? "usb-storage" : "usbfs"), driver(), after);
            if (!devices(guest).isEmpty()) {
                guest.devices().detachUsbDevice(0, 1);
            }
            assertEquals(List.of(), stored(guest), after);
            assertEquals(Optional.of("usb-storage"), driver(), after);
            assertEquals(List.of(), host.toolstack.leftovers().find(), after);
            pull();
            host.xen.plugUsbDevice("1-1", 1, 2, "usb-storage", "1");
        }
    }

    @Test
    void aStickThatIsReplacedAtAnyCallOfADetachIsDetached() {
        Domain guest = running("web", CONTROLLER);
        boolean reached = true;
        for (long n = 1; reached; n++) {
            guest.devices().attachUsbDevice(STICK);
            reached = isReached(
                    n,
                    () -> {
                        pull();
                        plugAnother();
                    },
                    () -> guest.devices().detachUsbDevice(0, 1));
            String after = "replaced at call " + n;
            assertEquals(List.of(), devices(guest), after);
            assertEquals(List.of(), stored(guest), after);
            assertEquals(Optional.of("usb-storage"), driver(), after);
            assertEquals(List.of(), host.toolstack.leftovers().find(), after);
            pull();
            host.xen.plugUsbDevice("1-1", 1, 2, "usb-storage", "1");
        }
    }
}
