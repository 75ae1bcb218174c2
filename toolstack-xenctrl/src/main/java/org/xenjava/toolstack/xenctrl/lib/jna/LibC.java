// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import com.sun.jna.Pointer;

/**
 * The few functions of the C library that Xen's libraries presuppose of their callers, and those that reach dom0's
 * kernel.
 */
final class LibC {
    /** {@code POLLIN}. */
    static final int POLLIN = 1;

    /** {@code EFD_CLOEXEC | EFD_NONBLOCK}, the O_* values of Linux on x86-64. */
    static final int EFD_CLOEXEC_NONBLOCK = 0x80800;

    private LibC() {}

    static native void free(long address);

    /**
     * {@code poll(2)}.
     *
     * @param pollfds {@code struct pollfd}, two ints each: the descriptor; events in the low half of the second,
     *     revents in its high half (little-endian)
     */
    static native int poll(int[] pollfds, long count, int timeoutMillis);

    static native int eventfd(int initial, int flags);

    static native int eventfd_write(int fd, long value);

    static native int close(int fd);

    /** {@code open(2)} without a mode. */
    static native int open(byte[] path, int flags);

    /** {@code write(2)}. */
    static native long write(int fd, byte[] bytes, long count);

    static native int socket(int domain, int type, int protocol);

    /** {@code connect(2)}. */
    static native int connect(int socket, byte[] address, int addressBytes);

    /** {@code send(2)}. */
    static native long send(int socket, byte[] bytes, long count, int flags);

    /**
     * {@code sendmsg(2)}.
     *
     * @param message {@code struct msghdr}
     */
    static native long sendmsg(int socket, Pointer message, int flags);

    /** {@code recv(2)}. */
    static native long recv(int socket, byte[] buffer, long count, int flags);

    /** {@code fcntl(2)} with a number as argument. */
    static native int fcntl(int fd, int command, long argument);

    /** {@code flock(2)}. */
    static native int flock(int fd, int operation);

    /** {@code syscall(2)} with numbers as arguments. */
    static native long syscall(long number, long first, long second, long third, long fourth);

    /** {@code ioctl(2)} with a number as argument. */
    static native int ioctl(int fd, long request, long argument);

    /** {@code ioctl(2)} with a structure as argument, which it may change. */
    static native int ioctl(int fd, long request, byte[] argument);
}
