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
 * The server of a disk. The kernel's blkback is the fastest and needs no process, but it serves only the bytes of a
 * block device. QEMU reads image formats. A QEMU that is confined serves no paravirtual disk, so blkback serves raw files
 * too; the emulated twin of a disk on a loop device goes through the page cache of the same file.
 *
 * <table>
 *   <caption>The rule</caption>
 *   <tr><th></th><th>HVM</th><th>PVH</th></tr>
 *   <tr><td>block device, raw</td><td>blkback</td><td>blkback</td></tr>
 *   <tr><td>file, raw</td><td>blkback on a loop device</td><td>blkback on a loop device</td></tr>
 *   <tr><td>another format</td><td>the guest's QEMU</td><td>a QEMU for its disks</td></tr>
 *   <tr><td>CD-ROM drive</td><td>the guest's QEMU</td><td>as a disk; empty: a QEMU</td></tr>
 * </table>
 *
 * A {@code backendtype} in the configuration overrides the table if it can serve the target.
 */
public enum DiskBackend {
    /** blkback, on the block device itself. */
    BLKBACK,
    /** blkback, on a loop device that the toolstack attaches to the file. */
    LOOP,
    /** blkback, on the block device that a hotplug script makes of the target. */
    SCRIPT,
    /** QEMU: {@code qdisk}. */
    QEMU;

    /**
     * Decides the server of a disk.
     *
     * @param target the file or device at the disk's target; absent for an empty drive
     * @throws ConfigException if nothing can serve the disk; the message names it
     */
    static DiskBackend of(DiskConfig disk, DomainType guest, HostFile target) {
        if (disk.script().isPresent()) {
            return SCRIPT;
        }
        if (disk.isEmptyDrive()) {
            return QEMU;
        }
        if (!(target instanceof HostFile.Regular || target instanceof HostFile.BlockDevice)) {
            boolean absent = target instanceof HostFile.Absent;
            throw complaint(
                    disk, pathOf(disk) + (absent ? " does not exist" : " is neither a file nor a block device"));
        }
        if (needsQemu(disk, guest)) {
            return QEMU;
        }
        return target instanceof HostFile.BlockDevice ? BLKBACK : LOOP;
    }

    /** {@return whether only QEMU can serve a disk with a target and without a script} */
    public static boolean needsQemu(DiskConfig disk, DomainType guest) {
        return disk.format() != Format.RAW
                || disk.backend().equals(Optional.of(Backend.QDISK))
                || guest == DomainType.HVM && disk.device() == Device.CDROM;
    }

    /** The path of the target. A relative name is relative to {@code /dev}, as in libxl's block script. */
    static String pathOf(DiskConfig disk) {
        String target = disk.target().orElse("");
        return disk.script().isPresent() || target.startsWith("/") || target.isEmpty() ? target : "/dev/" + target;
    }

    /** {@return the back end's name in xenstore} */
    public String kind() {
        return this == QEMU ? PvDevice.QEMU_DISK : PvDevice.DISK;
    }

    private static ConfigException complaint(DiskConfig disk, String what) {
        return new ConfigException("disk " + disk.vdev() + ": " + what);
    }
}
