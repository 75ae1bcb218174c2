// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.usb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.OtherDevice.Kind;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.view.AttachedUsbController;
import org.xenjava.toolstack.device.view.AttachedUsbDevice;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/** USB devices of the host, from a driver of the host to a guest and back. */
class UsbHostTest {
    private static final String STICK = "hostbus=1,hostaddr=2";
    private static final String KEYBOARD = "hostbus=1,hostaddr=3";

    private final TestHost host = TestHost.of(SimulatedXen.builder()
            .usbDevice("1-1", 1, 2, "usb-storage")
            .usbDevice("1-2.1", 1, 3, "usbhid")
            .usbDevice("1-3", 1, 5, "Philips webcam")
            .usbDevice("1-2", 1, 4, "hub"));

    @AfterEach
    void close() {
        host.close();
    }

    private static DomainConfig.Builder config(String name, OtherDevice... devices) {
        return DomainConfig.builder(name)
                .type(DomainType.HVM)
                .memoryMib(8)
                .hvm(HvmConfig.builder().graphics(GraphicsConfig.of(Vga.NONE)).build())
                .otherDevices(List.of(devices));
    }

    private static OtherDevice device(String text) {
        return XlConfigReader.usb(Kind.USB_DEVICE, text);
    }

    private static OtherDevice controller(String text) {
        return XlConfigReader.usb(Kind.USB_CONTROLLER, text);
    }

    private Domain running(String name, OtherDevice... devices) {
        Domain guest = host.toolstack.create(config(name, devices).build());
        guest.unpause();
        return guest;
    }

    /** The driver of each device's interface. */
    private String drivers() {
        return Stream.of("1-1", "1-2.1")
                .map(name -> host.observer
                        .hostDevices()
                        .kernelLink("bus/usb/devices/" + name + ":1.0/driver")
                        .orElse("-"))
                .collect(Collectors.joining(" "));
    }

    private String read(String path) {
        return new String(host.observer.store().read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8);
    }

    private static void assertRefused(String reason, Runnable work) {
        ToolstackException refusal = assertThrows(ToolstackException.class, work::run);
        assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
    }

    @Test
    void aGuestIsBuiltWithADeviceThatItsEndReturnsToTheDriver() {
        Domain guest = running("web", controller("version=3,ports=4"), device(STICK));
        assertEquals(
                List.of(new AttachedUsbController(
                        0, 3, 4, List.of(new AttachedUsbDevice(0, 1, "1-1", Optional.of(new UsbAddress(1, 2)))))),
                guest.devices().usbControllers());
        assertEquals("usbfs usbhid", drivers());
        guest.destroy();
        assertEquals("usb-storage usbhid", drivers());
        assertEquals(List.of(), host.toolstack.leftovers().find());
    }

    @Test
    void theNodesAreLibxls() {
        Domain guest = running("web", device(STICK + ",controller=0,port=2"), controller(""));
        String root = "/libxl/" + guest.domid() + "/device/vusb/0";
        assertEquals(
                Map.of("type", "devicemodel", "usb-ver", "2", "num-ports", "6", "port/1", "", "port/2", "1-1"),
                Stream.of("type", "usb-ver", "num-ports", "port/1", "port/2")
                        .collect(Collectors.toMap(node -> node, node -> read(root + "/" + node))));
    }

    @Test
    void aDeviceIsAttachedWithAControllerAndStoredForTheNextBuild() {
        Domain guest = running("web");
        AttachedUsbDevice stick = guest.devices().attachUsbDevice(device(STICK));
        assertEquals(new AttachedUsbDevice(0, 1, "1-1", Optional.of(new UsbAddress(1, 2))), stick);
        guest.devices().attachUsbDevice(device(KEYBOARD));
        assertEquals("usbfs usbfs", drivers());
        assertEquals(
                List.of(
                        controller("version=2,ports=6"),
                        device(STICK + ",controller=0,port=1"),
                        device(KEYBOARD + ",controller=0,port=2")),
                guest.config().orElseThrow().usbDevices());
        guest.devices().detachUsbDevice(0, 1);
        assertEquals("usb-storage usbfs", drivers());
        guest.devices().detachUsbController(0);
        assertEquals("usb-storage usbhid", drivers());
        assertEquals(List.of(), guest.devices().usbControllers());
        assertEquals(List.of(), guest.config().orElseThrow().usbDevices());
        assertRefused("has no USB device on port 1", () -> guest.devices().detachUsbDevice(0, 1));
        assertRefused("has no USB controller 0", () -> guest.devices().detachUsbController(0));
    }

    @Test
    void onlyOneGuestHasADevice() {
        Domain first = running("first", device(STICK));
        Domain second = running("second");
        assertRefused("domain 1 has it", () -> second.devices().attachUsbDevice(device(STICK)));
        assertRefused("domain 1 has it", () -> running("third", device(STICK)));
        first.devices().detachUsbDevice(0, 1);
        assertEquals("1-1", second.devices().attachUsbDevice(device(STICK)).name());
    }

    @Test
    void aDeviceOfAnotherToolstacksGuestIsRefused() {
        Domain xls = running("xls", controller(""));
        host.observer
                .store()
                .write(
                        XenStore.NO_TRANSACTION,
                        "/libxl/" + xls.domid() + "/device/vusb/0/port/3",
                        "1-1".getBytes(StandardCharsets.UTF_8));
        Domain guest = running("web");
        assertRefused("domain 1 has it", () -> guest.devices().attachUsbDevice(device(STICK)));
    }

    @Test
    void aDeviceThatXlHasDetachedIsAttachedAgain() {
        Domain guest = running("web", controller(""), device(STICK));
        String port = "/libxl/" + guest.domid() + "/device/vusb/0/port/1";
        host.observer.store().write(XenStore.NO_TRANSACTION, port, new byte[0]);
        assertRefused(
                "a process of this host has it open", () -> guest.devices().attachUsbDevice(device(STICK)));
        host.xen
                .host()
                .deviceModels()
                .all()
                .get(0)
                .connect(Path.of("monitor"))
                .send("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"xenusb-1-2\"}}"
                        .getBytes(StandardCharsets.UTF_8));
        assertEquals("1-1", guest.devices().attachUsbDevice(device(STICK)).name());
    }

    @Test
    void aDriverWhoseNameHasABlankGetsItsDeviceBack() {
        Domain guest = running("web");
        guest.devices().attachUsbDevice(device("hostbus=1,hostaddr=5"));
        host.xen.host().deviceModels().all().forEach(DeviceModelProcess::kill);
        guest.destroy();
        assertEquals(
                Optional.of("Philips webcam"),
                host.observer.hostDevices().kernelLink("bus/usb/devices/1-3:1.0/driver"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            version=4            | hostbus=1,hostaddr=2                       | version is 1, 2 or 3, not 4
            version=1,ports=3    | hostbus=1,hostaddr=2                       | version 1 has 2 ports, not 3
            version=3,ports=16   | hostbus=1,hostaddr=2                       | at most 15 ports, not 16
            type=pv              | hostbus=1,hostaddr=2                       | Linux does not have
            type=qusb            | hostbus=1,hostaddr=2                       | Debian's kernels lack
            type=x               | hostbus=1,hostaddr=2                       | devicemodel, qusb or pv, not 'x'
            version=2            | hostbus=1,hostaddr=9                       | no USB device 9 on bus 1
            version=2            | hostbus=1,hostaddr=4                       | is a hub
            version=2            | hostbus=1,hostaddr=2,controller=1          | controller 1 does not exist
            version=2            | hostbus=1,hostaddr=2,controller=0,port=7   | controller 0 has no port 7
            version=2            | hostbus=1,hostaddr=2,port=1                | port 1 needs a controller
            """)
    void aGuestWithWrongSettingsIsRefusedBeforeItIsBuilt(String controller, String device, String reason) {
        assertRefused(reason, () -> running("web", controller(controller), device(device)));
        assertEquals(1, host.toolstack.domains().size());
        assertEquals("usb-storage usbhid", drivers());
    }

    @Test
    void aPvhGuestIsRefused() {
        assertRefused(
                "only the machine of an HVM guest",
                () -> host.toolstack.create(TestHost.guest("web", 8, 8)
                        .otherDevices(List.of(device(STICK)))
                        .build()));
    }

    @Test
    void aGuestWithADeviceIsNotSaved(@TempDir Path directory) {
        Domain guest = running("web", device(STICK));
        assertRefused("USB controllers for devices of the host", () -> guest.saving()
                .save(directory.resolve("web"), Afterwards.DESTROY));
    }

    @Test
    void aPausedGuestKeepsItsController() {
        Domain guest = running("web", controller(""), device(STICK));
        guest.pause();
        assertRefused("has not released it", () -> guest.devices().detachUsbController(0));
        assertEquals("usb-storage usbhid", drivers());
        guest.unpause();
        guest.devices().detachUsbController(0);
    }

    @Test
    void aDeviceOfAQemuThatIsKilledReturnsToItsDriver() {
        Domain guest = running("web", device(STICK));
        host.xen.host().deviceModels().all().forEach(DeviceModelProcess::kill);
        assertEquals("- usbhid", drivers());
        guest.destroy();
        assertEquals("usb-storage usbhid", drivers());
    }

    @Test
    void gcReturnsTheDeviceOfADomainThatIsGone() {
        Domain guest = running("web", device(STICK));
        host.xenctrl.domains().destroy(guest.domid());
        host.toolstack.leftovers().removeAll();
        assertEquals("usb-storage usbhid", drivers());
        assertEquals(List.of(), host.toolstack.leftovers().find());
    }

    @Test
    void gcCompletesAttachAndDetachOfAKilledProcess() {
        Domain guest = running("web", controller(""), device(KEYBOARD));
        boolean killed = true;
        for (long n = 1; killed; n++) {
            killed = isKilled(n, toolstack -> toolstack.resolve("web").devices().attachUsbDevice(device(STICK)));
            host.toolstack.leftovers().removeAll();
            assertEquals(List.of(), host.toolstack.leftovers().find(), "attach killed at call " + n);
            boolean attached = !drivers().startsWith("usb-storage");
            assertEquals(attached, isListed(guest, "1-1"), "attach killed at call " + n);
            if (attached) {
                guest.devices().detachUsbDevice(0, 2);
            }
        }
        killed = true;
        for (long n = 1; killed; n++) {
            guest.devices().attachUsbDevice(device(STICK + ",controller=0,port=2"));
            killed = isKilled(n, toolstack -> toolstack.resolve("web").devices().detachUsbDevice(0, 2));
            host.toolstack.leftovers().removeAll();
            boolean attached = !drivers().startsWith("usb-storage");
            assertEquals(attached, isListed(guest, "1-1"), "detach killed at call " + n);
            if (attached) {
                guest.devices().detachUsbDevice(0, 2);
            }
            assertEquals(
                    1,
                    guest.config().orElseThrow().usbDevices().stream()
                            .filter(device -> device.kind() == Kind.USB_DEVICE)
                            .count(),
                    "detach killed at call " + n);
        }
    }

    private static boolean isListed(Domain guest, String name) {
        return guest.devices().usbControllers().stream()
                .flatMap(one -> one.devices().stream())
                .anyMatch(one -> one.name().equals(name));
    }

    private interface Change {
        void in(Toolstack toolstack);
    }

    private boolean isKilled(long n, Change change) {
        TestProcess process = host.newProcess();
        Toolstack toolstack = process.open();
        process.faults().inject(Fault.processKilled(n));
        try {
            change.in(toolstack);
            process.faults().heal();
            toolstack.close();
            return false;
        } catch (ProcessKilled e) {
            return true;
        } finally {
            process.ends();
        }
    }

    @Test
    void aBuildThatFailsReturnsTheDevice() {
        running("first", device(KEYBOARD));
        assertRefused("domain 1 has it", () -> running("web", device(STICK), device(KEYBOARD)));
        assertEquals("usb-storage usbfs", drivers());
        assertEquals(List.of(), host.toolstack.leftovers().find());
    }
}
