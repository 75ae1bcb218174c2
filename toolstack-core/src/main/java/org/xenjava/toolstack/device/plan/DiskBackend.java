// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.Optional;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Backend;
import org.xenjava.toolstack.config.DiskConfig.Device;
import org.xenjava.toolstack.config.DiskConfig.Format;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/**
 * What serves a disk. The kernel's blkback is the fastest and needs no process, but it knows nothing but bytes on a
 * block device; QEMU knows image formats, and an HVM guest has one anyway, whose emulated disk must not go past the
 * cache of another.
 *
 * <table>
 *   <caption>The rule</caption>
 *   <tr><th></th><th>HVM</th><th>PVH</th></tr>
 *   <tr><td>block device, raw</td><td>blkback</td><td>blkback</td></tr>
 *   <tr><td>file, raw</td><td>the guest's QEMU</td><td>blkback on a loop device</td></tr>
 *   <tr><td>another format</td><td>the guest's QEMU</td><td>a QEMU for its disks</td></tr>
 *   <tr><td>CD-ROM drive</td><td>the guest's QEMU</td><td>as a disk; empty: a QEMU</td></tr>
 * </table>
 *
 * A {@code backendtype} that is given decides, as far as it can serve the target.
 */
public enum DiskBackend {
    /** blkback, on the block device itself. */
    BLKBACK,
    /** blkback, on a loop device of ours over a file. */
    LOOP,
    /** QEMU: {@code qdisk}. */
    QEMU;

    /**
     * The rule.
     *
     * @param target what is at the disk's target; nothing for an empty drive
     * @throws ConfigException if nothing can serve it; the message names the disk
     */
    static DiskBackend of(DiskConfig disk, DomainType guest, HostFile target) {
        if (disk.script().isPresent()) {
            throw complaint(disk, "hotplug scripts (script=" + disk.script().get() + ") are not run");
        }
        if (disk.isEmptyDrive()) {
            return QEMU;
        }
        if (!(target instanceof HostFile.Regular || target instanceof HostFile.BlockDevice)) {
            boolean absent = target instanceof HostFile.Absent;
            throw complaint(
                    disk, pathOf(disk) + (absent ? " does not exist" : " is neither a file nor a block device"));
        }
        boolean kernelServes = disk.format() == Format.RAW
                && !disk.backend().equals(Optional.of(Backend.QDISK))
                && !(guest == DomainType.HVM && disk.device() == Device.CDROM);
        if (!kernelServes) {
            return QEMU;
        }
        if (target instanceof HostFile.BlockDevice) {
            return BLKBACK;
        }
        boolean asked = disk.backend().equals(Optional.of(Backend.PHY));
        return guest == DomainType.PVH || asked ? LOOP : QEMU;
    }

    /** Where the target is: libxl's block script looks for a relative name in {@code /dev}. */
    static String pathOf(DiskConfig disk) {
        String target = disk.target().orElse("");
        return target.startsWith("/") || target.isEmpty() ? target : "/dev/" + target;
    }

    public String kind() {
        return this == QEMU ? PvDevice.QEMU_DISK : PvDevice.DISK;
    }

    private static ConfigException complaint(DiskConfig disk, String what) {
        return new ConfigException("disk " + disk.vdev() + ": " + what);
    }
}
