// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.view.AttachedUsbDevice;
import org.xenjava.toolstack.error.ToolstackException;

/** The stick of {@code lab/suite --usb --long} in an HVM guest whose QEMU is confined. */
@Tag("lab-long")
class UsbLabTest extends LabFixture {
    private static final Path DEVICES = Path.of("/sys/bus/usb/devices");
    private static final Duration BOOT = Duration.ofMinutes(10);
    private static final Duration DRIVER = Duration.ofMinutes(2);

    private static DomainConfig config(String name, String usb) {
        return XlConfigReader.parse(
                        """
                        name = "%1$s"
                        type = "hvm"
                        memory = 192
                        vga = "none"
                        vnc = 0
                        kernel = "%2$s/vmlinuz"
                        ramdisk = "%2$s/initrd-usb.gz"
                        extra = "console=hvc0 quiet pci=noearly"
                        %3$s
                        """
                                .formatted(name, Dom0.GUESTS, usb),
                        name + ".cfg")
                .config();
    }

    /** The specification of the stick, which the kernel numbers. */
    private static String stick() {
        try (Stream<Path> devices = Files.list(DEVICES)) {
            Path stick = devices.filter(device -> Files.exists(device.resolve("product"))
                            && text(device, "product").contains("HARDDRIVE"))
                    .findFirst()
                    .orElseThrow();
            return "hostbus=" + text(stick, "busnum") + ",hostaddr=" + text(stick, "devnum");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path directory, String file) {
        try {
            return Files.readString(directory.resolve(file)).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static OtherDevice device(String text) {
        return XlConfigReader.usb(OtherDevice.Kind.USB_DEVICE, text);
    }

    @BeforeEach
    void loadDrivers() {
        Dom0.run("modprobe", "-a", "xhci_pci", "usb_storage", "usbhid", "sd_mod");
        awaitHost("usb-storage");
    }

    @AfterEach
    void destroyGuests() {
        toolstack.domains().stream().filter(domain -> domain.domid() != 0).forEach(Domain::destroy);
    }

    /** Waits until a driver has the stick's interface, or until none has it if the name is empty. */
    private static void awaitHost(String driver) {
        Dom0.await("driver '" + driver + "' of the stick", DRIVER, () -> Optional.of(hostDriver())
                .filter(driver::equals));
    }

    private static String hostDriver() {
        try (Stream<Path> devices = Files.list(Path.of("/sys/bus/usb/drivers/usb-storage"))) {
            return devices.anyMatch(entry -> entry.getFileName().toString().contains(":")) ? "usb-storage" : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aGuestReadsAStickThatItLosesAndGetsAgain() {
        Domain guest = toolstack.create(config("usb", "usbdev = [ \"" + stick() + "\" ]"));
        assertEquals("", hostDriver());
        assertTrue(Dom0.xl("usb-list", "usb").contains("devicemodel  0   0     2       6"), Dom0.xl("usb-list", "usb"));
        assertTrue(Dom0.xl("usb-list", "usb").contains("  Port 1: Bus 001 Device "), Dom0.xl("usb-list", "usb"));
        ToolstackException refusal = assertThrows(
                ToolstackException.class, () -> toolstack.create(config("other", "usbdev = [ \"" + stick() + "\" ]")));
        assertTrue(refusal.getMessage().contains("domain " + guest.domid() + " has it"), refusal.getMessage());
        guest.unpause();
        LabGuest linux = new LabGuest("usb", guest.console().terminal(CONSOLE));
        Dom0.await("the guest to be ready", BOOT, () -> Optional.of(Dom0.consoleLog("usb"))
                .filter(log -> log.contains("GUEST READY")));
        read(linux);

        guest.devices().detachUsbDevice(0, 1);
        awaitHost("usb-storage");
        AttachedUsbDevice again = guest.devices().attachUsbDevice(device(stick() + ",controller=0,port=3"));
        assertEquals(3, again.port());
        assertEquals("", hostDriver());
        read(linux);
        Dom0.xl("usbdev-detach", "usb", "0", "3");
        awaitHost("usb-storage");
        guest.devices().attachUsbDevice(device(stick()));
        guest.devices().detachUsbController(0);
        awaitHost("usb-storage");
        assertEquals(List.of(), guest.devices().usbControllers());

        guest.devices().attachUsbDevice(device(stick()));
        Dom0.run("kill", "-KILL", Long.toString(guest.deviceModel().pid().orElseThrow()));
        guest.destroy();
        awaitHost("usb-storage");
        assertEquals(List.of(), toolstack.leftovers().find());
    }

    private static void read(LabGuest linux) {
        Dom0.await("the guest to read the stick", DRIVER, () -> Optional.of(
                        linux.say("sh cat /sys/bus/usb/devices/1-*/product; head -c 9 /dev/sd?; true"))
                .filter(answer -> answer.contains("QEMU USB HARDDRIVE") && answer.contains("lab stick")));
    }

    @Test
    void theNextProcessFinishesTheAttachOfAKilledOne() throws Exception {
        Domain guest = toolstack.create(config("killed", "usbctrl = [ \"version=3\" ]"));
        long qemu = guest.deviceModel().pid().orElseThrow();
        Dom0.run("kill", "-STOP", Long.toString(qemu));
        Process attach = Dom0.startJava(Attach.class);
        try {
            Dom0.await("the record of the stick", DRIVER, () -> Optional.of(Dom0.xenstoreTree())
                    .filter(tree -> tree.contains("/tool/xenjava/usb-devices/")));
        } finally {
            attach.destroyForcibly().waitFor(1, TimeUnit.MINUTES);
            Dom0.run("kill", "-CONT", Long.toString(qemu));
        }
        toolstack.leftovers().removeAll();
        assertEquals(List.of(), toolstack.leftovers().find());
        awaitHost("usb-storage");
        assertEquals(List.of(), guest.devices().usbControllers().get(0).devices());
        assertEquals(1, guest.devices().attachUsbDevice(device(stick())).port());
        guest.destroy();
    }

    /** A process that attaches the stick and is killed while a QEMU that is stopped does not answer. */
    static final class Attach {
        private Attach() {}

        public static void main(String[] args) {
            try (Toolstack toolstack = Toolstack.open()) {
                toolstack.resolve("killed").devices().attachUsbDevice(device(stick()));
            }
        }
    }
}
