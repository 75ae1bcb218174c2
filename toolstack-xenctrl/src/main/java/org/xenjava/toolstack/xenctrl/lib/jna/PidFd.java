// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.ProcessPin;

/** {@code pidfd_open(2)}. The system calls are made by number, since the C library has functions for them from 2.36 on. */
record PidFd(FileDescriptor descriptor) implements ProcessPin {
    /** Numbers of {@code asm/unistd_64.h}. */
    private static final long PIDFD_SEND_SIGNAL = 424;

    private static final long PIDFD_OPEN = 434;
    private static final long PIDFD_GETFD = 438;

    private static final int STANDARD_OUTPUT = 1;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 0x800;
    private static final int FOREVER = -1;

    /** pidfds are closed on exec. */
    static PidFd open(long pid) {
        return new PidFd(
                new FileDescriptor(Result.notNegative("pidfd_open", (int) LibC.syscall(PIDFD_OPEN, pid, 0, 0, 0))));
    }

    @Override
    public void awaitExit() {
        int[] pollfd = {descriptor.number(), LibC.POLLIN};
        while (LibC.poll(pollfd, 1, FOREVER) < 0) {
            if (!Result.lastErrno().equals(Errno.EINTR)) {
                throw Result.failure("poll");
            }
        }
    }

    @Override
    public void signal(int signal) {
        if (LibC.syscall(PIDFD_SEND_SIGNAL, descriptor.number(), signal, 0, 0) < 0
                && !Result.lastErrno().equals(Errno.ESRCH)) {
            throw Result.failure("pidfd_send_signal");
        }
    }

    @Override
    public void dropOutputWhenFull() {
        long copy = LibC.syscall(PIDFD_GETFD, descriptor.number(), STANDARD_OUTPUT, 0, 0);
        try (FileDescriptor output = new FileDescriptor(Result.notNegative("pidfd_getfd", (int) copy))) {
            int flags = Result.notNegative("fcntl", LibC.fcntl(output.number(), F_GETFL, 0));
            Result.notNegative("fcntl", LibC.fcntl(output.number(), F_SETFL, flags | O_NONBLOCK));
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
