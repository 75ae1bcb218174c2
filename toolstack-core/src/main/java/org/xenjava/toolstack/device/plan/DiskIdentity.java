// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/**
 * Which blocks a disk stands for, however its path is spelt: device and inode of a file, or the numbers of a block
 * device. A loop device stands for the file behind it. Two disks with equal identities share their blocks.
 *
 * @param text as it is recorded in xenstore, such as {@code file 2049/131074} or {@code block 253:0}
 */
public record DiskIdentity(String text) {
    private static final int LOOP_MAJOR = 7;

    /** A loop device over a file that is in an image on a loop device, and so on; more levels than anybody uses. */
    private static final int MAX_LOOPS = 8;

    /**
     * The identity of what a path leads to. Where the host knows none, the path itself stands for it.
     *
     * @param what what is at the path
     * @param host knows the files behind loop devices
     */
    static DiskIdentity of(String path, HostFile what, HostInventory host) {
        return of(path, what, host, MAX_LOOPS);
    }

    /** As {@link #of(String, HostFile, HostInventory)}, for a path that the host is yet to be asked about. */
    public static DiskIdentity of(String path, HostInventory host) {
        return of(path, host.file(path), host);
    }

    /** The identity of a block device whose numbers are known. */
    public static DiskIdentity of(HostFile.BlockDevice device, HostInventory host) {
        return of("", device, host);
    }

    private static DiskIdentity of(String path, HostFile what, HostInventory host, int loopsLeft) {
        if (what instanceof HostFile.Regular file && file.inode() != 0) {
            return new DiskIdentity("file " + file.device() + "/" + file.inode());
        }
        if (what instanceof HostFile.BlockDevice device && device.major() != 0) {
            Optional<String> behind =
                    device.major() == LOOP_MAJOR && loopsLeft > 0 ? host.loopFile(device.minor()) : Optional.empty();
            return behind.map(file -> of(file, host.file(file), host, loopsLeft - 1))
                    .orElseGet(() -> new DiskIdentity("block " + device.major() + ":" + device.minor()));
        }
        return new DiskIdentity("path " + path);
    }

    @Override
    public String toString() {
        return text;
    }
}
