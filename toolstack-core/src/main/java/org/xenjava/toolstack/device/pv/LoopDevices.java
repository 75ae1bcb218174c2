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
 * Block devices over image files, none of which outlives its disk. Which one a disk will have is noted in its node
 * {@code node}, where libxl's block script puts it too, before the file is attached; so whoever cleans up after a
 * process that was killed finds it.
 */
final class LoopDevices {
    private static final Pattern NODE = Pattern.compile("/dev/loop(\\d{1,7})");

    /** Between asking for a free one and taking it another process may come, but hardly so often. */
    private static final int MAX_TRIES = 16;

    private final HostDevices host;
    private final StoreClient store;

    LoopDevices(HostDevices host, StoreClient store) {
        this.host = host;
        this.store = store;
    }

    /** Notes a loop device in xenstore; called again, with another one, if that turns out to be taken. */
    interface Note {
        void write(String node);
    }

    /** Attaches a file; the device's node. */
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

    /** Detaches what {@link #attach} may have attached for the device. */
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
     * A device that was noted and perhaps not taken may be another's now. If that one's file is the same as well, the
     * kernel keeps it attached until its user closes it.
     */
    private boolean isOurs(PvDevice device, int loop) {
        return store.read(device.backPath() + "/physical-device").isPresent()
                || store.read(device.libxlPath() + "/params")
                        .map(LoopDevices::real)
                        .equals(Optional.ofNullable(host.loops().get(loop)).map(LoopDevices::real));
    }

    /** The kernel tells where symbolic links lead to. */
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
