// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.device.view.AttachedDisk;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.sim.HostLink;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;

/** Devices that a guest is built with. */
class DevicesTest extends DeviceHost {

    @Test
    void aFileIsABlockDeviceOfThePvhGuestWithTheNodesOfLibxl() {
        create(guest().disks(List.of(disk("xvda"))));

        assertEquals(Map.of(0, image.toString()), host.state().loops());
        Map<String, String> back = Map.ofEntries(
                Map.entry("frontend", "/local/domain/1/device/vbd/51712"),
                Map.entry("params", image.toString()),
                Map.entry("script", "/etc/xen/scripts/block"),
                Map.entry("frontend-id", "1"),
                Map.entry("online", "1"),
                Map.entry("removable", "0"),
                Map.entry("bootable", "1"),
                Map.entry("state", "2"),
                Map.entry("dev", "xvda"),
                Map.entry("type", "phy"),
                Map.entry("mode", "w"),
                Map.entry("device-type", "disk"),
                Map.entry("discard-enable", "1"),
                Map.entry("specification", "xen"),
                Map.entry("node", "/dev/loop0"),
                Map.entry("physical-device", "7:0"),
                Map.entry("physical-device-path", "/dev/loop0"),
                Map.entry("hotplug-status", "connected"));
        assertEquals(back, nodesBelow(BACK + "vbd/1/51712"));
        assertEquals(
                Map.of(
                        "backend",
                        BACK + "vbd/1/51712",
                        "backend-id",
                        "0",
                        "state",
                        "1",
                        "virtual-device",
                        "51712",
                        "device-type",
                        "disk",
                        "trusted",
                        "1"),
                nodesBelow("/local/domain/1/device/vbd/51712"));
        assertEquals(
                BACK + "vbd/1/51712", nodesBelow("/libxl/1/device/vbd/51712").get("backend"));
        assertEquals("/dev/loop0", nodesBelow("/libxl/1/device/vbd/51712").get("node"));
        assertEquals("(n1,r0)", permissionsOf("/local/domain/1/device/vbd/51712/state"));
        assertEquals("(n0,r1)", permissionsOf(BACK + "vbd/1/51712/state"));
        assertEquals("(n0)", permissionsOf("/libxl/1/device/vbd/51712/params"));
    }

    @Test
    void aBlockDeviceNeedsNoLoopDevice() {
        create(guest().disks(List.of(
                DiskConfig.builder("xvdb").target("vg/web").readOnly().build())));
        Map<String, String> back = nodesBelow(BACK + "vbd/1/51728");
        assertEquals("/dev/vg/web", back.get("params"));
        assertEquals("fd:0", back.get("physical-device"));
        assertEquals("r", back.get("mode"));
        assertEquals(Map.of(), host.state().loops());
    }

    @Test
    void aCardJoinsItsBridgeAndWaitsForTheGuest() {
        Domain domain = create(guest().nics(List.of(
                nic(),
                NicConfig.builder().bridge("br1").mtu(9000).vifName("web-lan").build())));

        assertEquals(
                Map.of(
                        "vif1.0",
                        new HostLink("vif1.0", Optional.of("xenbr0"), 1500, Optional.empty(), true),
                        "web-lan",
                        new HostLink("vif1.1", Optional.of("br1"), 9000, Optional.empty(), true)),
                host.xen.hostLinks());
        assertEquals(
                Map.ofEntries(
                        Map.entry("frontend", "/local/domain/1/device/vif/0"),
                        Map.entry("frontend-id", "1"),
                        Map.entry("online", "1"),
                        Map.entry("state", "2"),
                        Map.entry("script", "/etc/xen/scripts/vif-bridge"),
                        Map.entry("mac", MAC.text()),
                        Map.entry("bridge", "xenbr0"),
                        Map.entry("handle", "0"),
                        Map.entry("type", "vif"),
                        Map.entry("hotplug-status", "connected")),
                nodesBelow(BACK + "vif/1/0"));
        assertEquals("9000", nodesBelow("/local/domain/1/device/vif/1").get("mtu"));
        assertEquals("(n0,r1)", permissionsOf("/local/domain/1/device/vif/1/mtu"));
        List<AttachedNic> nics = domain.devices().nics();
        assertEquals(MAC.text(), nics.get(0).mac());
        assertTrue(nics.get(1).mac().startsWith("00:16:3e:"), nics.toString());
    }

    @Test
    void aBootedGuestIsConnectedToAllOfThem() {
        Domain domain = running(guest().disks(List.of(disk("xvda"))).nics(List.of(nic())));
        AttachedDisk disk = domain.devices().disks().get(0);
        AttachedNic nic = domain.devices().nics().get(0);
        assertEquals(
                List.of(XenbusState.CONNECTED, XenbusState.CONNECTED), List.of(disk.frontState(), disk.backState()));
        assertEquals(List.of(XenbusState.CONNECTED, XenbusState.CONNECTED), List.of(nic.frontState(), nic.backState()));
        domain.destroy();
        assertNothingLeft();
    }

    @Test
    void aGuestThatNeverRanIsRemovedCompletely() {
        create(guest().disks(List.of(
                                disk("xvda"),
                                DiskConfig.builder("xvdb").target("/dev/vg/web").build()))
                        .nics(List.of(nic())))
                .destroy();
        assertNothingLeft();
    }

    @Test
    void theKeyboardThatLibxlGivesAnHvmGuestGoesWithIt() {
        Domain domain = create(guest());
        String place = "vkbd/" + domain.domid() + "/0";
        write("/libxl/" + domain.domid() + "/device/vkbd/0/backend", BACK + place);
        write(BACK + place + "/state", "2");
        domain.destroy();
        assertNothingLeft();
    }

    @Test
    void devicesThatTheHostLacksAreRefusedBeforeAnythingIsDone() {
        Map<DomainConfig.Builder, String> refused = Map.of(
                guest().disks(List.of(
                        DiskConfig.builder("xvda").target("/nowhere.img").build())),
                "domain web: disk xvda: /nowhere.img does not exist",
                guest().disks(List.of(
                        DiskConfig.builder("xvda").target(files.toString()).build())),
                "domain web: disk xvda: " + files + " is neither a file nor a block device",
                guest().nics(List.of(NicConfig.builder().bridge("br9").build())),
                "domain web: vif: this host has no bridge 'br9'; create it with 'ip link add br9 type bridge', or name"
                        + " another",
                guest().nics(List.of(NicConfig.builder().script("vif-lost").build())),
                "domain web: vif: script /etc/xen/scripts/vif-lost is not run: there is no file"
                        + " /etc/xen/scripts/vif-lost");
        refused.forEach((config, message) -> assertEquals(
                message,
                assertThrows(ConfigException.class, () -> create(config)).getMessage()));
        assertNothingLeft();
    }

    @Test
    void aDiskThatQemuDoesNotServeFailsTheBuild() {
        DiskConfig readOnly = DiskConfig.builder("xvda")
                .target(image.toString())
                .backend(DiskConfig.Backend.QDISK)
                .readOnly()
                .build();
        DeviceException e = assertThrows(DeviceException.class, () -> create(guest().disks(List.of(readOnly))));
        assertTrue(e.getMessage().contains("QEMU's log may say why"), e.getMessage());
        assertNothingLeft();
    }

    @Test
    void anHvmGuestsFileIsServedByBlkbackAndItsCardHasATwin() {
        Domain domain = create(DomainConfig.builder("web")
                .type(DomainType.HVM)
                .memoryMib(16)
                .maxMemoryMib(32)
                .hvm(HvmConfig.builder().graphics(GraphicsConfig.of(Vga.NONE)).build())
                .disks(List.of(disk("xvda"), DiskConfig.builder("hdc").cdrom().build()))
                .nics(List.of(nic())));

        assertEquals(Map.of(0, image.toString()), host.state().loops());
        Map<String, String> back = nodesBelow(BACK + "vbd/1/51712");
        assertEquals(image.toString(), back.get("params"));
        assertEquals("phy", back.get("type"));
        assertEquals("aio:", nodesBelow(BACK + "qdisk/1/5632").get("params"));
        assertEquals("vif_ioemu", nodesBelow(BACK + "vif/1/0").get("type"));
        HostLink twin = host.xen.hostLinks().get("vif1.0-emu");
        assertEquals(Optional.of("xenbr0"), twin.bridge());
        assertEquals(Optional.of("fe:ff:ff:ff:ff:ff"), twin.address());
        assertTrue(twin.up());
        ConfigException late = assertThrows(ConfigException.class, () -> domain.devices()
                .attach(DiskConfig.builder("xvdb")
                        .target(image.toString())
                        .format(DiskConfig.Format.QCOW2)
                        .build()));
        assertTrue(late.getMessage().contains("is confined and opens no files"), late.getMessage());
        domain.destroy();
        assertNothingLeft();
    }

    @Test
    void aLoopDeviceThatAnotherProcessHasIsNotTaken() {
        host.observer.hostDevices().attachLoop(0, image.toString(), LoopAccess.READ_ONLY);
        create(guest().disks(List.of(disk("xvda"))));
        assertEquals("/dev/loop1", nodesBelow(BACK + "vbd/1/51712").get("node"));
    }

    @Test
    void aLoopDeviceThatAnotherProcessTakesIsReplacedByTheNextOne() {
        host.faults.inject(Fault.nthOf("host_attach_loop", 1, Errno.EBUSY));
        create(guest().disks(List.of(disk("xvda")))).destroy();
        assertEquals(1, host.faults.injected().size());
        assertNothingLeft();
    }
}
