// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/**
 * The identity of a disk's blocks, which does not depend on the spelling of its path: device and inode of a file, or
 * the numbers of a block device. A loop device has the identity of its file. Two disks with equal identities share
 * their blocks.
 *
 * @param text the form recorded in xenstore, such as {@code file 2049/131074} or {@code block 253:0}
 */
public record DiskIdentity(String text) {
    private static final int LOOP_MAJOR = 7;

    /** Limit of nested loop devices: a loop device over a file in an image on a loop device, and so on. */
    private static final int MAX_LOOPS = 8;

    /**
     * The identity of the file or device at a path. If the host reports none, the path itself is the identity.
     *
     * @param what the file or device at the path
     * @param host reports the files behind loop devices
     */
    static DiskIdentity of(String path, HostFile what, HostInventory host) {
        return of(path, what, host, MAX_LOOPS);
    }

    /** The identity of the file or device at a path, about which this method asks the host. */
    public static DiskIdentity of(String path, HostInventory host) {
        return of(path, host.file(path), host);
    }

    /** The identity of a target that a driver domain opens. */
    public static DiskIdentity ofServer(int server, String target) {
        return new DiskIdentity("domain " + server + " " + target);
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
