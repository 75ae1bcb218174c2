// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** Loop devices: numbers and layouts of {@code linux/loop.h}. */
final class LoopDevice {
    private static final String CONTROL = "/dev/loop-control";
    private static final long LOOP_SET_FD = 0x4C00;
    private static final long LOOP_CLR_FD = 0x4C01;
    private static final long LOOP_CONFIGURE = 0x4C0A;
    private static final long LOOP_CTL_GET_FREE = 0x4C82;

    /** {@code struct loop_config}: its size, and where the flags and the name are of the loop_info64 inside. */
    private static final int CONFIG_BYTES = 304;

    private static final int FLAGS_AT = 8 + 52;
    private static final int NAME_AT = 8 + 56;
    private static final int NAME_BYTES = 64;
    private static final int LO_FLAGS_READ_ONLY = 1;

    /** What kernels before 5.8 say to LOOP_CONFIGURE. */
    private static final Set<Errno> UNKNOWN_IOCTL = Set.of(Errno.EINVAL, Errno.ENOTTY);

    private LoopDevice() {}

    static int free() {
        try (FileDescriptor control = FileDescriptor.open(CONTROL, FileDescriptor.READ_WRITE)) {
            return control.ioctl("LOOP_CTL_GET_FREE", LOOP_CTL_GET_FREE, 0);
        }
    }

    static void attach(int loop, String file, LoopAccess access) {
        int mode = access == LoopAccess.READ_ONLY ? FileDescriptor.READ_ONLY : FileDescriptor.READ_WRITE;
        try (FileDescriptor image = FileDescriptor.open(file, mode);
                FileDescriptor device = FileDescriptor.open(node(loop), mode)) {
            try {
                device.ioctl("LOOP_CONFIGURE", LOOP_CONFIGURE, config(image.number(), file, access));
            } catch (XenLibException e) {
                if (!UNKNOWN_IOCTL.contains(e.errno())) {
                    throw e;
                }
                // Read-only follows from how the files are open.
                device.ioctl("LOOP_SET_FD", LOOP_SET_FD, image.number());
            }
        }
    }

    static void detach(int loop) {
        try (FileDescriptor device = FileDescriptor.open(node(loop), FileDescriptor.READ_ONLY)) {
            device.ioctl("LOOP_CLR_FD", LOOP_CLR_FD, 0);
        } catch (XenLibException e) {
            // It has no file, or there is no such device at all.
            if (!Set.of(Errno.ENXIO, Errno.ENOENT).contains(e.errno())) {
                throw e;
            }
        }
    }

    static byte[] config(int image, String file, LoopAccess access) {
        ByteBuffer config = ByteBuffer.allocate(CONFIG_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        config.putInt(0, image).putInt(FLAGS_AT, access == LoopAccess.READ_ONLY ? LO_FLAGS_READ_ONLY : 0);
        byte[] name = Path.of(file).toString().getBytes(StandardCharsets.UTF_8);
        config.put(NAME_AT, name, 0, Math.min(name.length, NAME_BYTES - 1));
        return config.array();
    }

    private static String node(int loop) {
        return "/dev/loop" + loop;
    }
}
