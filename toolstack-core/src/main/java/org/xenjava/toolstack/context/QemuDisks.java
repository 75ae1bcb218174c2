// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DiskConfig.Access;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.store.StoreClient;

/** The disks of a domain that dom0's QEMU serves and the guest may write. */
final class QemuDisks {
    private final StoreClient store;
    private final String root;

    QemuDisks(StoreClient store, int domid) {
        this.store = store;
        this.root = PvDevice.BACKEND_ROOT + "/" + PvDevice.QEMU_DISK + "/" + domid;
    }

    /** Whether a disk of a directory of disks may be written. */
    static boolean isWritable(StoreClient store, String disk) {
        return !store.read(disk + "/mode").equals(Optional.of(Access.READ_ONLY.word()));
    }

    boolean areThereAny() {
        return writable().findAny().isPresent();
    }

    private Stream<String> writable() {
        return store.list(root).stream().map(disk -> root + "/" + disk).filter(disk -> isWritable(store, disk));
    }

    /** The images that are files or block devices of this host. */
    List<Path> images() {
        return writable()
                .flatMap(disk -> store.read(disk + "/params").stream())
                .flatMap(params -> path(params).stream())
                .filter(Files::exists)
                .toList();
    }

    /** The part behind libxl's word for the format, as in {@code qcow2:/images/web}. */
    private static Optional<Path> path(String params) {
        try {
            return Optional.of(params.substring(params.indexOf(':') + 1))
                    .filter(text -> !text.isEmpty())
                    .map(Path::of);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /**
     * Writes to the storage what QEMU has written to an image and the kernel holds back.
     *
     * @throws DeviceException if that fails
     */
    static void flush(Path image) {
        try (FileChannel channel = FileChannel.open(image, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw new DeviceException("flushing the image " + image + ": " + e.getMessage(), e);
        }
    }
}
