// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.DiskConfig.Access;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.store.StoreClient;
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

    /** Detaches the loop device that {@link #attach} may have attached. */
    void detach(PvDevice device) {
        Optional<String> node =
                store.read(device.backPath() + "/node").or(() -> store.read(device.libxlPath() + "/node"));
        Matcher loop = NODE.matcher(node.orElse(""));
        if (loop.matches()) {
            int number = Integer.parseInt(loop.group(1));
            if (isOurs(device, number)) {
                KernelCalls.run("detaching " + device, () -> host.detachLoop(number));
            }
        }
    }

    /**
     * Whether a loop device belongs to the disk. A device that was recorded and not taken may belong to another
     * process. If it has the same file, the kernel keeps it attached until its user closes it.
     */
    private boolean isOurs(PvDevice device, int loop) {
        return store.read(device.backPath() + "/physical-device").isPresent()
                || store.read(device.libxlPath() + "/params")
                        .map(LoopDevices::real)
                        .equals(Optional.ofNullable(host.loops().get(loop)).map(LoopDevices::real));
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
