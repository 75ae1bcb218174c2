// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import com.sun.jna.Native;
import java.nio.charset.StandardCharsets;

/** An open file of the kernel's, closed with this; none survives into a process that this one starts. */
record FileDescriptor(int number) implements AutoCloseable {
    static final int READ_ONLY = 0;
    static final int WRITE_ONLY = 1;
    static final int READ_WRITE = 2;

    private static final int CLOSE_ON_EXEC = 0x80000;
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;

    /** @param access {@link #READ_ONLY}, {@link #WRITE_ONLY} or {@link #READ_WRITE} */
    static FileDescriptor open(String path, int access) {
        byte[] cPath = Native.toByteArray(path, StandardCharsets.UTF_8);
        return new FileDescriptor(Result.notNegative("open " + path, LibC.open(cPath, access | CLOSE_ON_EXEC)));
    }

    /** Any socket will do for ioctls about network interfaces. */
    static FileDescriptor socket() {
        return new FileDescriptor(Result.notNegative("socket", LibC.socket(AF_INET, SOCK_DGRAM | CLOSE_ON_EXEC, 0)));
    }

    int ioctl(String name, long request, long argument) {
        return Result.notNegative(name, LibC.ioctl(number, request, argument));
    }

    int ioctl(String name, long request, byte[] argument) {
        return Result.notNegative(name, LibC.ioctl(number, request, argument));
    }

    @Override
    public void close() {
        LibC.close(number);
    }
}
