// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/** The nodes of a disk for given plans, without a host. */
class DiskNodesTest {
    private static final HostFile FILE = new HostFile.Regular(1, 10);
    private static final HostFile VOLUME = new HostFile.BlockDevice(0xfd, 0x12);

    private static DiskPlan plan(String specification, DiskBackend backend, HostFile target) {
        DomainConfig config = XlConfigReader.parse(
                        "name='web'\ntype='pvh'\nkernel='/k'\nmemory=64\ndisk=['" + specification + "']\n", "test.cfg")
                .config();
        DiskConfig disk = config.disks().get(0);
        return new DiskPlan(disk, DiskBackend.pathOf(disk), target, Optional.empty(), backend, Optional.empty());
    }

    @Test
    void aVolumeHasLibxlsNodesOfBlkback() {
        DeviceNodes nodes =
                plan("/dev/vg/x,raw,xvda,rw", DiskBackend.BLKBACK, VOLUME).nodes(3, Map.of());

        assertEquals(new PvDevice("vbd", "vbd", 3, 51712), nodes.device());
        assertEquals(
                Map.ofEntries(
                        Map.entry("params", "/dev/vg/x"),
                        Map.entry("script", "/etc/xen/scripts/block"),
                        Map.entry("frontend-id", "3"),
                        Map.entry("online", "1"),
                        Map.entry("state", "1"),
                        Map.entry("removable", "0"),
                        Map.entry("bootable", "1"),
                        Map.entry("dev", "xvda"),
                        Map.entry("type", "phy"),
                        Map.entry("mode", "w"),
                        Map.entry("device-type", "disk"),
                        Map.entry("discard-enable", "1"),
                        Map.entry("specification", "xen")),
                nodes.back());
        assertEquals(
                Map.of(
                        "backend-id", "0",
                        "state", "1",
                        "virtual-device", "51712",
                        "device-type", "disk",
                        "trusted", "1"),
                nodes.front());
        assertEquals(Map.of(), nodes.readOnlyFront());
    }

    @Test
    void aDiskThatQemuServesNamesItsFormatAndNoScript() {
        Map<String, String> raw = plan("/img/a,raw,xvdb,r", DiskBackend.QEMU, FILE)
                .nodes(3, Map.of())
                .back();
        assertEquals("aio:/img/a", raw.get("params"));
        assertEquals("qdisk", raw.get("type"));
        assertEquals("r", raw.get("mode"));
        assertEquals(Optional.empty(), Optional.ofNullable(raw.get("script")));

        DeviceNodes qcow2 = plan("/img/a,qcow2,xvdb", DiskBackend.QEMU, FILE).nodes(3, Map.of());
        assertEquals("qcow2:/img/a", qcow2.back().get("params"));
        assertEquals("/local/domain/0/backend/qdisk/3/51728", qcow2.device().backPath());
    }

    @Test
    void theOptionsOfADiskAreNodes() {
        DeviceNodes nodes = plan("/img/a,raw,xvda,rw,direct-io-safe,no-discard,untrusted", DiskBackend.LOOP, FILE)
                .nodes(3, Map.of());
        assertEquals("1", nodes.back().get("direct-io-safe"));
        assertEquals("0", nodes.back().get("discard-enable"));
        assertEquals("0", nodes.front().get("trusted"));
    }

    @Test
    void anEmptyDriveIsRemovableAndHasNoPath() {
        DeviceNodes nodes =
                plan(",,hdc,cdrom", DiskBackend.QEMU, new HostFile.Absent()).nodes(3, Map.of());
        assertEquals("aio:", nodes.back().get("params"));
        assertEquals("1", nodes.back().get("removable"));
        assertEquals("cdrom", nodes.back().get("device-type"));
        assertEquals("cdrom", nodes.front().get("device-type"));
    }

    @Test
    void nodesThatTheHostProvidesComeLast() {
        Map<String, String> extra = DiskNodes.physicalDevice(new HostFile.BlockDevice(0xfd, 0x12), "/dev/dm-18");
        assertEquals(
                Map.of(
                        "physical-device", "fd:12",
                        "physical-device-path", "/dev/dm-18",
                        "hotplug-status", "connected"),
                extra);
        DeviceNodes nodes =
                plan("/dev/vg/x,raw,xvda", DiskBackend.BLKBACK, VOLUME).nodes(3, extra);
        List<String> names = List.copyOf(nodes.back().keySet());
        assertEquals(
                List.of("physical-device", "physical-device-path", "hotplug-status"),
                names.subList(names.size() - 3, names.size()));
    }
}
