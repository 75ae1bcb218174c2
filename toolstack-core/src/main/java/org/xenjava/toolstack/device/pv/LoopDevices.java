// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.DiskConfig.Access;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * Loop devices over image files, each with the lifetime of its disk. A disk's loop device is recorded in the disk's
 * node {@code node}, as libxl's block script does, before the file is attached, so that it is found if the process is
 * killed.
 */
final class LoopDevices {
    private static final Pattern NODE = Pattern.compile("/dev/loop(\\d{1,7})");

    /** Limit of attempts: another process may take a free loop device before this one does. */
    private static final int MAX_TRIES = 16;

    private final HostDevices host;
    private final StoreClient store;

    LoopDevices(HostDevices host, StoreClient store) {
        this.host = host;
        this.store = store;
    }

    /** Records a loop device in xenstore; called again with another one if the first is taken. */
    interface Note {
        void write(String node);
    }

    /** Attaches a file and returns the path of the loop device. */
    String attach(PvDevice device, String file, Access access, Note note) {
        String attempt = "attaching " + device;
        LoopAccess loopAccess = access == Access.READ_ONLY ? LoopAccess.READ_ONLY : LoopAccess.READ_WRITE;
        for (int tries = 1; tries <= MAX_TRIES; tries++) {
            try {
                int loop = host.freeLoop();
                note.write(node(loop));
                host.attachLoop(loop, file, loopAccess);
                return node(loop);
            } catch (XenLibException e) {
                if (!e.errno().equals(Errno.EBUSY)) {
                    throw KernelCalls.failure(attempt + ": " + file, e);
                }
            }
        }
        throw new DeviceException(attempt + ": other processes took each of " + MAX_TRIES + " free loop devices");
    }

    /**
     * The loop device that a device's nodes name.
     *
     * @param node {@code /dev/loopN}; empty if it has none
     * @param attached whether {@link #attach} has succeeded
     */
    record Noted(Optional<String> node, boolean attached) {}

    Noted noted(StoreTransaction transaction, PvDevice device) {
        if (!device.backend().equals(PvDevice.DISK) || !device.isLocal()) {
            return new Noted(Optional.empty(), false);
        }
        Optional<String> node =
                transaction.read(device.backPath() + "/node").or(() -> transaction.read(device.libxlPath() + "/node"));
        return new Noted(node, node.isPresent() && transaction.exists(device.backPath() + "/physical-device"));
    }

    /**
     * Detaches what {@link #attach} may have attached for the device. A loop device that was noted and perhaps not taken
     * may be another's now. If that one's file is the same as well, the kernel keeps it attached until its user closes it.
     */
    void detach(PvDevice device, Noted noted) {
        noted.node().ifPresent(node -> {
            if (noted.attached() || isAttached(node, store.read(device.libxlPath() + "/params"))) {
                detach(device, node);
            }
        });
    }

    /** Detaches a file that was attached for a device whose nodes another process has removed. */
    void detach(PvDevice device, String node, String file) {
        if (isAttached(node, Optional.of(file))) {
            detach(device, node);
        }
    }

    /**
     * Writes to the storage what the kernel has accepted for the device's file and holds back. A guest that flushes its disk
     * has that done for it; other writes may take half a minute.
     */
    void flush(PvDevice device) {
        if (!device.isLocal()) {
            return;
        }
        store.read(device.backPath() + "/node")
                .flatMap(LoopDevices::number)
                .map(host.loops()::get)
                .map(Path::of)
                .filter(Files::isRegularFile)
                .ifPresent(file -> flush(device, file));
    }

    private static void flush(PvDevice device, Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw new DeviceException("flushing " + device + ": " + file + ": " + e.getMessage(), e);
        }
    }

    private void detach(PvDevice device, String node) {
        number(node).ifPresent(loop -> KernelCalls.run("detaching " + device, () -> host.detachLoop(loop)));
    }

    private boolean isAttached(String node, Optional<String> file) {
        return file.isPresent()
                && number(node).map(host.loops()::get).map(LoopDevices::real).equals(file.map(LoopDevices::real));
    }

    private static Optional<Integer> number(String node) {
        Matcher loop = NODE.matcher(node);
        return loop.matches() ? Optional.of(Integer.valueOf(loop.group(1))) : Optional.empty();
    }

    /** The path after symbolic links, as the kernel reports a loop device's file. */
    private static String real(String path) {
        try {
            return Path.of(path).toRealPath().toString();
        } catch (IOException | InvalidPathException e) {
            return path;
        }
    }

    private static String node(int loop) {
        return "/dev/loop" + loop;
    }
}
