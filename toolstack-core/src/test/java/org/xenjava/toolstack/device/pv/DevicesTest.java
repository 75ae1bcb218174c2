// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.HostLink;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

class DevicesTest {
    private static final MacAddress MAC = new MacAddress("00:16:3e:01:02:03");
    private static final String BACK = "/local/domain/0/backend/";

    @TempDir
    Path files;

    private SimulatedGuest runs = SimulatedGuest.linux();
    private final TestHost host = TestHost.of(
            SimulatedXen.builder().blockDevice("/dev/vg/web").bridge("br1").guests(identity -> runs));
    private final MachineState before = host.state();
    private Path image = Path.of("/");

    @BeforeEach
    void makeAnImage() throws IOException {
        image = Files.write(files.resolve("web.img"), new byte[512]);
    }

    @AfterEach
    void close() {
        host.close();
    }

    private DiskConfig disk(String vdev) {
        return DiskConfig.builder(vdev).target(image.toString()).build();
    }

    private static NicConfig nic() {
        return NicConfig.builder().mac(MAC).build();
    }

    private Domain create(DomainConfig.Builder config) {
        return host.toolstack.create(config.build());
    }

    private Domain running(DomainConfig.Builder config) {
        Domain domain = create(config);
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(5));
        return domain;
    }

    private DomainConfig.Builder guest() {
        return TestHost.guest("web", 16, 32);
    }

    /** Below a directory, each node with its value and permissions. */
    private Map<String, String> nodesBelow(String directory) {
        return host.state().xenstore().entrySet().stream()
                .filter(node -> node.getKey().startsWith(directory + "/"))
                .collect(Collectors.toMap(
                        node -> node.getKey().substring(directory.length() + 1),
                        node -> node.getValue().replaceAll("   .*", "").replace("\"", "")));
    }

    private String permissionsOf(String node) {
        return host.state().xenstore().get(node).replaceAll(".*   ", "");
    }

    private void assertNothingLeft() {
        host.assertUnchangedSince(before, "after the destroy");
        assertEquals(Map.of(), host.xen.hostLinks());
    }

    // ---- builds -------------------------------------------------------------------------------------------

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
    void aGuestThatNeverRanIsTakenApartAsWell() {
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

    private void write(String path, String value) {
        host.observer.store().write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.US_ASCII));
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
                "domain web: vif: this host has no bridge 'br9'; make one with 'ip link add br9 type bridge', or name"
                        + " another",
                guest().nics(List.of(NicConfig.builder().script("vif-nat").build())),
                "domain web: vif: hotplug scripts (script=vif-nat) are not run; only bridges are supported, as by"
                        + " vif-bridge");
        refused.forEach((config, message) -> assertEquals(
                message,
                assertThrows(ConfigException.class, () -> create(config)).getMessage()));
        assertNothingLeft();
    }

    @Test
    void aDiskThatQemuDoesNotTakeOnEndsTheBuild() {
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
    void anHvmGuestsFileIsServedByItsQemuAndItsCardHasATwin() {
        Domain domain = create(DomainConfig.builder("web")
                .type(DomainType.HVM)
                .memoryMib(16)
                .maxMemoryMib(32)
                .hvm(HvmConfig.builder().graphics(GraphicsConfig.of(Vga.NONE)).build())
                .disks(List.of(disk("xvda"), DiskConfig.builder("hdc").cdrom().build()))
                .nics(List.of(nic())));

        assertEquals(Map.of(), host.state().loops());
        Map<String, String> back = nodesBelow(BACK + "qdisk/1/51712");
        assertEquals("aio:" + image, back.get("params"));
        assertEquals("qdisk", back.get("type"));
        assertEquals("aio:", nodesBelow(BACK + "qdisk/1/5632").get("params"));
        assertEquals("vif_ioemu", nodesBelow(BACK + "vif/1/0").get("type"));
        HostLink twin = host.xen.hostLinks().get("vif1.0-emu");
        assertEquals(Optional.of("xenbr0"), twin.bridge());
        assertEquals(Optional.of("fe:ff:ff:ff:ff:ff"), twin.address());
        assertTrue(twin.up());
        domain.destroy();
        assertNothingLeft();
    }

    // ---- while it runs ------------------------------------------------------------------------------------

    @Test
    void aDiskAndACardComeAndGoWhileTheGuestRuns() {
        Domain domain = running(guest());
        MachineState without = host.state();

        AttachedDisk disk = domain.devices().attach(disk("xvdb"));
        AttachedNic nic = domain.devices().attach(nic());
        assertEquals(51728, disk.number());
        assertEquals(0, nic.devid());
        assertEquals(XenbusState.CONNECTED, domain.devices().disks().get(0).frontState());
        assertEquals(XenbusState.CONNECTED, domain.devices().nics().get(0).frontState());
        assertEquals(1, domain.devices().attach(NicConfig.builder().build()).devid());

        domain.devices().detach(new VirtualDisk("xvdb"), DetachMode.IF_GUEST_AGREES);
        domain.devices().detachNic(0, DetachMode.IF_GUEST_AGREES);
        domain.devices().detachNic(1, DetachMode.IF_GUEST_AGREES);
        domain.devices().detachNic(1, DetachMode.IF_GUEST_AGREES);
        host.assertUnchangedSince(without, "after detaching");
        assertEquals(Map.of(), host.xen.hostLinks());
    }

    @Test
    void aDiskThatTheGuestUsesIsTakenByForceOnly() {
        runs = SimulatedGuest.linux().keepingItsDisks();
        Domain domain = running(guest().disks(List.of(disk("xvda"))));
        VirtualDisk xvda = new VirtualDisk("xvda");

        String message = assertThrows(
                        DeviceException.class, () -> domain.devices().detach(xvda, DetachMode.IF_GUEST_AGREES))
                .getMessage();
        assertTrue(message.startsWith("detaching disk 51712 of domain 1: the guest has not given it back"), message);
        assertEquals(1, host.state().loops().size());

        domain.devices().detach(xvda, DetachMode.FORCE);
        assertEquals(List.of(), domain.devices().disks());
        assertEquals(Map.of(), host.state().loops());
    }

    @Test
    void aPausedGuestThatHasNotSeenItsDiskGivesItBack() {
        Domain domain = create(guest().disks(List.of(disk("xvda"))));
        domain.devices().detach(new VirtualDisk("xvda"), DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(), domain.devices().disks());
    }

    @Test
    void aPlaceThatIsTakenStaysAsItIs() {
        Domain domain = running(guest().disks(List.of(disk("xvda"))));
        MachineState with = host.state();
        assertEquals(
                "attaching disk xvda to domain 1: it has a disk there already; detach that first",
                assertThrows(DeviceException.class, () -> domain.devices().attach(disk("xvda")))
                        .getMessage());
        host.assertUnchangedSince(with, "after an attempt");
    }

    @Test
    void anAddressThatTheGuestHasIsNotGivenToASecondCard() {
        Domain domain = running(guest().nics(List.of(nic())));
        MachineState with = host.state();
        assertEquals(
                "attaching a network card to domain 1: it has one with the address " + MAC + " already",
                assertThrows(DeviceException.class, () -> domain.devices().attach(nic()))
                        .getMessage());
        host.assertUnchangedSince(with, "after an attempt");
    }

    @Test
    void anImageThatAnotherGuestWritesIsNotShared() {
        create(guest().disks(List.of(disk("xvda"))));
        DomainConfig second = TestHost.guest("second", 16, 32)
                .disks(List.of(DiskConfig.builder("xvdb")
                        .target(image.toString())
                        .readOnly()
                        .build()))
                .build();
        String message = assertThrows(DeviceException.class, () -> host.toolstack.create(second))
                .getMessage();
        assertTrue(message.contains(image + " is disk 51712 of domain 1 already"), message);
        assertEquals(1, host.state().loops().size());
    }

    @Test
    void anImageThatNobodyWritesIsShared() {
        DiskConfig disk =
                DiskConfig.builder("xvda").target(image.toString()).readOnly().build();
        create(guest().disks(List.of(disk)));
        create(TestHost.guest("second", 16, 32).disks(List.of(disk)));
        assertEquals(2, host.state().loops().size());
    }

    @Test
    void attachedAndDetachedDevicesChangeTheConfigurationOfTheNextBuild() {
        Domain domain = running(guest().disks(List.of(disk("xvda"))));
        DomainConfig built = domain.config().orElseThrow();
        DiskConfig later = DiskConfig.builder("xvdb").target("/dev/vg/web").build();

        domain.devices().attach(later);
        String mac = domain.devices().attach(NicConfig.builder().build()).mac();
        DomainConfig changed = domain.config().orElseThrow();
        assertEquals(List.of(disk("xvda"), later), changed.disks());
        assertEquals(
                List.of(new MacAddress(mac)),
                changed.nics().stream().flatMap(nic -> nic.mac().stream()).toList());

        domain.devices().detach(new VirtualDisk("xvdb"), DetachMode.IF_GUEST_AGREES);
        domain.devices().detachNic(0, DetachMode.IF_GUEST_AGREES);
        assertEquals(built, domain.config().orElseThrow());
    }

    @Test
    void anImageThatNeedsQemuIsNotAttachedWhereNoneRuns() {
        Domain domain = running(guest());
        DiskConfig qcow2 = DiskConfig.builder("xvda")
                .target(image.toString())
                .format(DiskConfig.Format.QCOW2)
                .build();
        assertThrows(ConfigException.class, () -> domain.devices().attach(qcow2));
        assertEquals(List.of(), domain.devices().disks());
    }

    @Test
    void aLoopDeviceThatAnotherProcessHasIsNotTaken() {
        host.observer.hostDevices().attachLoop(0, image.toString(), LoopAccess.READ_ONLY);
        create(guest().disks(List.of(disk("xvda"))));
        assertEquals("/dev/loop1", nodesBelow(BACK + "vbd/1/51712").get("node"));
    }

    @Test
    void aLoopDeviceThatAnotherProcessSnatchesIsReplacedByTheNextOne() {
        host.faults.inject(Fault.nthOf("host_attach_loop", 1, Errno.EBUSY));
        create(guest().disks(List.of(disk("xvda")))).destroy();
        assertEquals(1, host.faults.injected().size());
        assertNothingLeft();
    }
}
