// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Device;
import org.xenjava.toolstack.config.DiskConfig.Format;
import org.xenjava.toolstack.config.DiskConfig.Option;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/** The nodes of a disk, as libxl_disk.c writes them, and those that its block script adds. */
public final class DiskNodes {
    private DiskNodes() {}

    /** @param extra nodes of the back end beside libxl's, for the server of the disk */
    static DeviceNodes of(PvDevice device, DiskPlan plan, Map<String, String> extra) {
        DiskConfig disk = plan.disk();
        DiskBackend served = plan.backend();
        boolean cdrom = disk.device() == Device.CDROM;
        Map<String, String> back = new LinkedHashMap<>();
        if (served == DiskBackend.QEMU) {
            back.put("params", qemuFormat(disk.format()) + ":" + plan.path());
        } else {
            back.put("params", plan.path());
            back.put("script", plan.scriptNode());
        }
        back.putAll(DeviceNodes.commonBack(device));
        back.put("removable", cdrom ? "1" : "0");
        back.put("bootable", "1");
        back.put("dev", disk.vdev().name());
        back.put("type", served == DiskBackend.QEMU ? "qdisk" : "phy");
        back.put("mode", disk.access().word());
        back.put("device-type", disk.device().word());
        if (disk.options().contains(Option.DIRECT_IO_SAFE)) {
            back.put("direct-io-safe", "1");
        }
        back.put("discard-enable", disk.options().contains(Option.DISCARD) ? "1" : "0");
        back.put("specification", "xen");
        back.putAll(extra);

        Map<String, String> front = DeviceNodes.commonFront(device);
        front.put("virtual-device", Integer.toString(disk.number()));
        front.put("device-type", disk.device().word());
        front.put("trusted", disk.options().contains(Option.UNTRUSTED) ? "0" : "1");
        return new DeviceNodes(device, back, front, Map.of());
    }

    /** libxl's words for the formats that QEMU opens; {@code aio} means raw. */
    private static String qemuFormat(Format format) {
        return format == Format.RAW ? "aio" : format.word();
    }

    /** The nodes with which blkback opens its device. */
    public static Map<String, String> physicalDevice(HostFile.BlockDevice device, String path) {
        Map<String, String> nodes = new LinkedHashMap<>();
        nodes.put("physical-device", device.physicalDevice());
        nodes.put("physical-device-path", path);
        nodes.put("hotplug-status", "connected");
        return nodes;
    }
}
