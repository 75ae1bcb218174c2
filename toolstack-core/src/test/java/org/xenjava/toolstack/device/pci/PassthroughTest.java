// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.device.pci.PciTestHost.CARD;
import static org.xenjava.toolstack.device.pci.PciTestHost.IDLE;
import static org.xenjava.toolstack.device.pci.PciTestHost.OTHER;
import static org.xenjava.toolstack.device.pci.PciTestHost.device;
import static org.xenjava.toolstack.device.pci.PciTestHost.guest;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DeviceModel;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.device.view.AssignableDevice;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.DriverReturn;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

class PassthroughTest {
    private static final int QUARANTINE = 0x7FF1;
    private static final String KEPT = "/libxl/pci/0000-00-08-0";

    private final PciTestHost machine = new PciTestHost();
    private final TestHost host = machine.host;

    @AfterEach
    void close() {
        machine.close();
    }

    private int owner(PciAddress address) {
        return host.xen.pciOwner(address.toString());
    }

    private static AttachedPciDevice inSlot(PciAddress address, int slot) {
        return new AttachedPciDevice(address, slot << 3);
    }

    @Test
    void anAssignableDeviceIsInQuarantineAndReturnsToItsDriver() {
        MachineState before = host.state();
        String cards = machine.cards();
        assertTrue(host.toolstack.pciDevices().makeAssignable(CARD, Optional.of("nic1")));
        assertFalse(host.toolstack.pciDevices().makeAssignable(CARD, Optional.of("nic1")));
        assertEquals(QUARANTINE, owner(CARD));
        assertEquals(
                List.of(new AssignableDevice(CARD, Optional.of("nic1"))),
                host.toolstack.pciDevices().assignable());
        assertEquals(
                "\"/sys/bus/pci/drivers/e1000\"   (n0)", host.state().xenstore().get(KEPT + "/driver_path"));
        assertEquals(CARD, host.toolstack.pciDevices().resolve("nic1"));
        host.toolstack.pciDevices().release(CARD, DriverReturn.ORIGINAL);
        assertEquals(cards, machine.cards());
        host.assertUnchangedSince(before, "a device that was assignable for a while");
    }

    @Test
    void aDeviceThatIsReleasedWithoutItsDriverHasNone() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        host.toolstack.pciDevices().release(CARD, DriverReturn.NONE);
        assertEquals(Optional.empty(), host.observer.hostDevices().kernelLink("bus/pci/devices/" + CARD + "/driver"));
        assertEquals(0, owner(CARD));
        assertEquals(List.of(), host.toolstack.pciDevices().assignable());
    }

    @Test
    void devicesThatCannotBeKeptAreRefused() {
        PciAddress absent = PciAddress.parse("00:1e.7").orElseThrow();
        assertRefused(
                "this host has no PCI device 0000:00:1e.7",
                () -> host.toolstack.pciDevices().makeAssignable(absent, Optional.empty()));
        assertRefused(
                "PCI device 0000:00:08.0 is not assignable: xen-pciback does not have it",
                () -> host.toolstack.pciDevices().release(CARD, DriverReturn.NONE));
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.of("nic"));
        assertRefused(
                "PCI device 0000:00:08.0 has the name 'nic' already",
                () -> host.toolstack.pciDevices().makeAssignable(OTHER, Optional.of("nic")));
    }

    private static void assertRefused(String reason, Runnable work) {
        ToolstackException e = assertThrows(ToolstackException.class, work::run);
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @Test
    void aHostWithoutXenPcibackSaysSo() {
        try (TestHost plain = TestHost.of(PciTestHost.machine())) {
            DeviceException e = assertThrows(
                    DeviceException.class, () -> plain.toolstack.pciDevices().makeAssignable(CARD, Optional.empty()));
            assertTrue(e.getMessage().endsWith("load it with 'modprobe xen-pciback'"), e.getMessage());
            assertEquals(List.of(), plain.toolstack.pciDevices().assignable());
        }
    }

    @Test
    void aGuestIsBuiltWithADeviceAndItsRemovalReturnsTheDevice() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        MachineState before = host.state();
        String cards = machine.cards();
        Domain guest = host.toolstack.create(guest("web", device(CARD)).build());
        assertEquals(guest.domid(), owner(CARD));
        assertEquals(List.of(inSlot(CARD, 4)), guest.devices().pciDevices());
        assertEquals(List.of(), host.toolstack.pciDevices().assignable());
        Map<String, String> nodes = host.state().xenstore();
        String back = "/local/domain/0/backend/pci/1/0/";
        assertEquals("\"0000:00:08.0\"   (n0,r1)", nodes.get(back + "key-0"));
        assertEquals("\"0000:00:08.0\"   (n0,r1)", nodes.get(back + "dev-0"));
        assertEquals("\"20\"   (n0,r1)", nodes.get(back + "vdevfn-0"));
        assertEquals(
                "\"msitranslate=0,power_mgmt=0,permissive=0,rdm_policy=strict\"   (n0,r1)", nodes.get(back + "opts-0"));
        assertEquals("\"1\"   (n0,r1)", nodes.get(back + "num_devs"));
        assertEquals("\"3\"   (n0,r1)", nodes.get(back + "state"));
        assertEquals("\"1\"   (n1,r0)", nodes.get("/local/domain/1/device/pci/0/state"));
        assertEquals("\"1\"   (n0)", nodes.get(KEPT + "/domid"));
        assertRefused(
                "domain 1 has PCI device 0000:00:08.0",
                () -> host.toolstack.pciDevices().release(CARD, DriverReturn.NONE));
        guest.destroy();
        assertEquals(cards, machine.cards());
        host.assertUnchangedSince(before, "a guest with a device");
    }

    @Test
    void aRunningGuestGetsDevicesAndReleasesThem() {
        Domain guest = machine.runningGuest();
        assertEquals(
                inSlot(OTHER, 7),
                guest.devices()
                        .attachPci(new OtherDevice(
                                OtherDevice.Kind.PCI, Map.of("address", OTHER.toString(), "slot", "7"))));
        assertEquals(List.of(inSlot(CARD, 4), inSlot(OTHER, 7)), guest.devices().pciDevices());
        assertEquals(2, guest.config().orElseThrow().pciDevices().size());
        assertRefused("it already", () -> guest.devices().attachPci(device(OTHER)));
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(inSlot(OTHER, 7)), guest.devices().pciDevices());
        assertEquals(QUARANTINE, owner(CARD));
        assertEquals(List.of(device(OTHER).parameters().get("address")), addresses(guest));
        assertRefused("does not have PCI device 0000:00:08.0", () -> guest.devices()
                .detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        guest.devices().detachPci(OTHER, DetachMode.FORCE);
        assertEquals(List.of(), guest.devices().pciDevices());
        assertFalse(host.state().xenstore().containsKey("/local/domain/0/backend/pci"));
    }

    /** The configuration grants the registers of the device on their own. */
    @Test
    void aGuestKeepsWhatItsConfigurationNamesBesideADetachedDevice() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        OtherDevice ports = new OtherDevice(OtherDevice.Kind.IO_PORTS, Map.of("first", "c000", "last", "c03f"));
        OtherDevice memory = new OtherDevice(OtherDevice.Kind.IO_MEMORY, Map.of("start", "feb00", "count", "20"));
        Domain guest =
                host.toolstack.create(guest("web", device(CARD), ports, memory).build());
        guest.unpause();
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(
                List.of(
                        "frames feb00-feb1f",
                        "frames feb00-feb1f at feb00",
                        "ports c000-c03f",
                        "ports c000-c03f at c000"),
                host.xen.hardwareRights(guest.domid()));
    }

    private static List<String> addresses(Domain guest) {
        return guest.config().orElseThrow().pciDevices().stream()
                .map(device -> device.parameters().getOrDefault("address", ""))
                .toList();
    }

    @Test
    void aGuestThatDoesNotReleaseADeviceKeepsItUnlessForced() {
        Domain guest = machine.runningGuest();
        guest.pause();
        MachineState before = host.state();
        assertRefused("has not released PCI device 0000:00:08.0", () -> guest.devices()
                .detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        assertEquals(guest.domid(), owner(CARD));
        host.assertUnchangedSince(before, "a guest that keeps its device");
        guest.devices().detachPci(CARD, DetachMode.FORCE);
        assertEquals(QUARANTINE, owner(CARD));
        assertEquals(List.of(), guest.devices().pciDevices());
        assertRefused(
                "domain 1 has it",
                () -> host.toolstack.create(guest("second", device(CARD)).build()));
        assertEquals(1, host.toolstack.pciDevices().assignable().size());
        guest.destroy();
        assertEquals(2, host.toolstack.pciDevices().assignable().size());
    }

    @Test
    void aSeizedDeviceNeedNotBeAssignableBefore() {
        OtherDevice seized = new OtherDevice(OtherDevice.Kind.PCI, Map.of("address", CARD.toString(), "seize", "1"));
        Domain guest = host.toolstack.create(guest("web", seized).build());
        assertEquals(guest.domid(), owner(CARD));
        guest.destroy();
        assertEquals(QUARANTINE, owner(CARD));
        host.toolstack.pciDevices().release(CARD, DriverReturn.ORIGINAL);
        assertEquals(0, owner(CARD));
    }

    @Test
    void guestsThatCannotHaveDevicesAreRefusedBeforeAnyHypercall() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        DomainConfig pvh = TestHost.guest("pvh", 16, 16)
                .otherDevices(List.of(device(CARD)))
                .build();
        DomainConfig pod = guest("pod", device(CARD)).maxMemoryMib(16).build();
        DomainConfig enabled = guest("enabled")
                .maxMemoryMib(16)
                .describedKeys(Map.of(DescribedKey.PASSTHROUGH, "enabled"))
                .build();
        long calls = host.faults.calls();
        assertTrue(refusal(pvh).contains("Xen passes devices through to HVM and PV guests"), refusal(pvh));
        assertTrue(refusal(pod).contains("cannot have populate-on-demand memory"), refusal(pod));
        assertTrue(refusal(enabled).contains("cannot have populate-on-demand memory"), refusal(enabled));
        assertEquals(calls, host.faults.calls());
    }

    private String refusal(DomainConfig config) {
        return assertThrows(ConfigException.class, () -> host.toolstack.create(config))
                .getMessage();
    }

    @Test
    void aDeviceThatIsNotAssignableIsRefusedBeforeTheDomainExists() {
        assertTrue(refusal(guest("web", device(CARD)).build()).contains("domain 0's driver e1000 has it"));
        assertTrue(refusal(guest("web", device(IDLE)).build()).contains("it is not bound to xen-pciback"));
        assertEquals(1, host.toolstack.domains().size());
    }

    @Test
    void twoGuestsCannotHaveOneDevice() {
        Domain guest = machine.runningGuest();
        MachineState before = host.state();
        assertRefused(
                "domain 1 has it",
                () -> host.toolstack.create(guest("second", device(CARD)).build()));
        host.assertUnchangedSince(before, "a build that found its device taken");
        assertEquals(guest.domid(), owner(CARD));
    }

    @Test
    void theQemuOfAGuestWithDevicesIsNotConfined() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        DomainConfig confined = guest("confined", device(CARD))
                .deviceModel(new DeviceModel(
                        Optional.empty(), List.of(), Optional.of(Confinement.REQUIRED), Optional.empty()))
                .build();
        assertTrue(
                refusal(confined).contains("QEMU maps the registers and interrupts of the PCI devices"),
                refusal(confined));
        Domain plain = host.toolstack.create(guest("plain").build());
        assertThrows(DomainStateException.class, () -> plain.devices().attachPci(device(CARD)));
        Domain ready = host.toolstack.create(guest("ready")
                .describedKeys(Map.of(DescribedKey.PASSTHROUGH, "enabled"))
                .build());
        assertEquals(inSlot(CARD, 4), ready.devices().attachPci(device(CARD)));
    }

    @Test
    void aGuestWithADeviceIsNotSaved(@TempDir Path directory) {
        Domain guest = machine.runningGuest();
        assertRefused("it has PCI devices of the host", () -> guest.saving()
                .save(directory.resolve("guest"), Afterwards.DESTROY));
        assertTrue(guest.exists());
    }

    @Test
    void devicesThatTheIommuCannotTellApartGoTogether() {
        try (TestHost grouped = TestHost.of(SimulatedXen.builder()
                .iommu()
                .pciDevice(CARD.toString(), "e1000", 1)
                .pciDevice(OTHER.toString(), "e1000", 1))) {
            grouped.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
            MachineState before = grouped.state();
            assertRefused(
                    "the IOMMU cannot tell it from [0000:00:09.0], which domain 0 has",
                    () -> grouped.toolstack.create(guest("web", device(CARD)).build()));
            grouped.assertUnchangedSince(before, "a build with half of a group");
            grouped.toolstack.pciDevices().makeAssignable(OTHER, Optional.empty());
            assertEquals(
                    1,
                    grouped.toolstack
                            .create(guest("web", device(CARD)).build())
                            .devices()
                            .pciDevices()
                            .size());
        }
    }

    @Test
    void aBridgeOfTheGroupStaysDomain0s() {
        try (TestHost bridged = TestHost.of(SimulatedXen.builder()
                .iommu()
                .pciDevice("01:1c.0", "pcieport", 1)
                .pciDevice(CARD.toString(), "e1000", 1))) {
            bridged.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
            Domain guest = bridged.toolstack.create(guest("web", device(CARD)).build());
            assertEquals(guest.domid(), bridged.xen.pciOwner(CARD.toString()));
        }
    }
}
