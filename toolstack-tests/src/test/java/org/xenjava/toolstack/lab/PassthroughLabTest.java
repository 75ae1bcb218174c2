// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.view.AssignableDevice;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.DriverReturn;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** The two cards of {@code lab/suite --iommu --long} in HVM and PV guests. */
@Tag("lab-long")
class PassthroughLabTest extends LabFixture {
    private static final PciAddress CARD = PciAddress.parse("00:08.0").orElseThrow();
    private static final PciAddress OTHER = PciAddress.parse("00:09.0").orElseThrow();
    private static final Duration BOOT = Duration.ofMinutes(10);
    private static final Duration DRIVER = Duration.ofMinutes(2);

    private static DomainConfig config(String name) {
        return XlConfigReader.parse(
                        """
                        name = "%1$s"
                        type = "hvm"
                        memory = 192
                        vga = "none"
                        vnc = 0
                        kernel = "%2$s/vmlinuz"
                        ramdisk = "%2$s/initrd-e1000.gz"
                        extra = "console=hvc0 quiet pci=noearly"
                        pci = [ "%3$s" ]
                        """
                                .formatted(name, Dom0.GUESTS, CARD),
                        name + ".cfg")
                .config();
    }

    private static DomainConfig pv(String name) {
        return XlConfigReader.parse(
                        """
                        name = "%1$s"
                        type = "pv"
                        memory = 192
                        kernel = "%2$s/vmlinuz"
                        ramdisk = "%2$s/initrd-e1000.gz"
                        extra = "console=hvc0 quiet"
                        pci = [ "%3$s" ]
                        """
                                .formatted(name, Dom0.GUESTS, CARD),
                        name + ".cfg")
                .config();
    }

    private static OtherDevice device(PciAddress address) {
        return new OtherDevice(OtherDevice.Kind.PCI, Map.of("address", address.toString()));
    }

    @BeforeEach
    void keepTheCards() {
        Dom0.run("modprobe", "xen-pciback");
        toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        toolstack.pciDevices().makeAssignable(OTHER, Optional.of("other"));
    }

    @AfterEach
    void returnTheCards() {
        toolstack.domains().stream().filter(domain -> domain.domid() != 0).forEach(Domain::destroy);
        toolstack.pciDevices().assignable().forEach(device -> toolstack
                .pciDevices()
                .release(device.address(), DriverReturn.ORIGINAL));
    }

    @Test
    void aGuestPingsThroughACardThatItReleasesAndGetsAgain() {
        assertEquals("0000:00:08.0 \n0000:00:09.0 other\n", Dom0.xl("pci-assignable-list", "-n"));
        Domain guest = toolstack.create(config("passed"));
        assertEquals(
                List.of(new AttachedPciDevice(CARD, 3 << 3)), guest.devices().pciDevices());
        assertEquals("Vdev Device\n03.0 0000:00:08.0\n", Dom0.xl("pci-list", "passed"));
        guest.unpause();
        LabGuest linux = new LabGuest("passed", guest.console().terminal(CONSOLE));
        Dom0.await("the guest to be ready", BOOT, () -> Optional.of(Dom0.consoleLog("passed"))
                .filter(log -> log.contains("GUEST READY")));
        ping(linux);

        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(), guest.devices().pciDevices());
        assertEquals(2, toolstack.pciDevices().assignable().size());
        guest.devices().attachPci(device(CARD));
        ping(linux);
        guest.devices().attachPci(device(OTHER));
        detachByForce(guest);
        guest.devices().attachPci(device(OTHER));
        assertEquals("Vdev Device\n03.0 0000:00:08.0\n04.0 0000:00:09.0\n", Dom0.xl("pci-list", "passed"));
        Dom0.xl("pci-detach", "passed", "00:09.0");
        assertEquals(1, guest.devices().pciDevices().size());
        guest.destroy();
        assertEquals(
                List.of(CARD, OTHER),
                toolstack.pciDevices().assignable().stream()
                        .map(AssignableDevice::address)
                        .toList());
    }

    /** A paused guest cannot eject the device; it does after it runs again. */
    private void detachByForce(Domain guest) {
        guest.pause();
        guest.devices().detachPci(OTHER, DetachMode.FORCE);
        assertEquals(List.of(OTHER), guest.devices().pciDevicesNotEjected());
        assertEquals(List.of(), toolstack.pciDevices().assignable());
        toolstack.leftovers().removeAll();
        ToolstackException refusal = assertThrows(
                ToolstackException.class, () -> toolstack.pciDevices().release(OTHER, DriverReturn.ORIGINAL));
        assertTrue(refusal.getMessage().contains("domain " + guest.domid() + " has"), refusal.getMessage());
        guest.unpause();
        Dom0.await("the guest to eject the card", DRIVER, () -> ejects(guest) ? Optional.of(guest) : Optional.empty());
        assertEquals(List.of(), guest.devices().pciDevicesNotEjected());
        assertEquals(
                List.of(OTHER),
                toolstack.pciDevices().assignable().stream()
                        .map(AssignableDevice::address)
                        .toList());
    }

    private static boolean ejects(Domain guest) {
        try {
            guest.devices().detachPci(OTHER, DetachMode.IF_GUEST_AGREES);
            return true;
        } catch (DeviceException e) {
            return false;
        }
    }

    @Test
    void aPvGuestPingsThroughACardThatItReleasesAndGetsAgain() {
        Domain guest = toolstack.create(pv("paravirtual"));
        assertEquals("Vdev Device\n00.0 0000:00:08.0\n", Dom0.xl("pci-list", "paravirtual"));
        guest.unpause();
        LabGuest linux = new LabGuest("paravirtual", guest.console().terminal(CONSOLE));
        Dom0.await("the guest to be ready", BOOT, () -> Optional.of(Dom0.consoleLog("paravirtual"))
                .filter(log -> log.contains("GUEST READY")));
        assertEquals(List.of(new AttachedPciDevice(CARD, 0)), guest.devices().pciDevices());
        ping(linux);

        assertEquals(new AttachedPciDevice(OTHER, 1 << 3), guest.devices().attachPci(device(OTHER)));
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(
                List.of(CARD),
                toolstack.pciDevices().assignable().stream()
                        .map(AssignableDevice::address)
                        .toList());
        guest.devices().detachPci(OTHER, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(), guest.devices().pciDevices());
        guest.devices().attachPci(device(CARD));
        ping(linux);
        guest.pause();
        assertThrows(DeviceException.class, () -> guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        guest.unpause();
        ping(linux);
        guest.pause();
        guest.devices().detachPci(CARD, DetachMode.FORCE);
        assertEquals(List.of(CARD), guest.devices().pciDevicesNotEjected());
        guest.unpause();
        guest.destroy();
        assertEquals(
                List.of(CARD, OTHER),
                toolstack.pciDevices().assignable().stream()
                        .map(AssignableDevice::address)
                        .toList());
        assertEquals(List.of(), toolstack.leftovers().find());
    }

    /** QEMU's network behind the card has 10.0.2.2. */
    private static void ping(LabGuest linux) {
        Dom0.await("a ping through the card", DRIVER, () -> Optional.of(linux.say(
                        "sh ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ping -c 3 -W 5 10.0.2.2; true"))
                .filter(answer -> answer.matches("(?s).* [1-3] packets received.*")));
    }

    @Test
    void theNextProcessFinishesTheAttachOfAKilledOne() throws Exception {
        Domain guest = toolstack.create(config("killed"));
        guest.unpause();
        long qemu = guest.deviceModel().pid().orElseThrow();
        Dom0.run("kill", "-STOP", Long.toString(qemu));
        Process attach = Dom0.startJava(Attach.class);
        try {
            Dom0.await("the claim of the card", DRIVER, () -> Optional.of(Dom0.xenstoreTree())
                    .filter(tree -> tree.contains("/libxl/pci/0000-00-09-0/domid")));
        } finally {
            attach.destroyForcibly().waitFor(1, TimeUnit.MINUTES);
            Dom0.run("kill", "-CONT", Long.toString(qemu));
        }
        toolstack.leftovers().removeAll();
        assertEquals(List.of(), toolstack.leftovers().find());
        assertEquals(
                List.of(new AttachedPciDevice(CARD, 3 << 3)), guest.devices().pciDevices());
        assertTrue(toolstack.pciDevices().assignable().stream()
                .anyMatch(device -> device.address().equals(OTHER)));
        guest.destroy();
    }

    /** A process that attaches a card and is killed while a QEMU that is stopped does not answer. */
    static final class Attach {
        private Attach() {}

        public static void main(String[] args) {
            try (Toolstack toolstack = Toolstack.open()) {
                toolstack.resolve("killed").devices().attachPci(device(OTHER));
            }
        }
    }
}
