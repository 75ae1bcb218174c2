// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.time.Duration;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Waits until a file descriptor can be read, in a way that another thread can end: {@code poll} on an eventfd too. */
final class Waiter {
    private static final int REVENTS_SHIFT = 16;

    private final int stopped = Result.notNegative("eventfd", LibC.eventfd(0, LibC.EFD_CLOEXEC_NONBLOCK));

    /** The end of a wait. */
    enum Outcome {
        READABLE,
        TIMEOUT,
        STOPPED
    }

    /** Waits; without end if the timeout is longer than the nanosecond clock can say. */
    Outcome await(int fd, Duration timeout) {
        long start = System.nanoTime();
        while (true) {
            Duration left = timeout.minusNanos(System.nanoTime() - start);
            int[] pollfds = {fd, LibC.POLLIN, stopped, LibC.POLLIN};
            int ready = LibC.poll(pollfds, 2, millis(left));
            if (ready < 0) {
                if (!Result.lastErrno().equals(Errno.EINTR)) {
                    throw Result.failure("poll");
                }
            } else if (pollfds[3] >>> REVENTS_SHIFT != 0) {
                return Outcome.STOPPED;
            } else if (pollfds[1] >>> REVENTS_SHIFT != 0) {
                // Readable, or broken, in which case reading says why.
                return Outcome.READABLE;
            } else if (left.isNegative() || left.isZero()) {
                return Outcome.TIMEOUT;
            }
        }
    }

    /** Ends every wait, now and later. */
    void stop() {
        Result.notNegative("eventfd_write", LibC.eventfd_write(stopped, 1));
    }

    void close() {
        LibC.close(stopped);
    }

    /** poll's argument: rounded up, so as not to spin in the last millisecond. */
    private static int millis(Duration left) {
        if (left.isNegative()) {
            return 0;
        }
        // A longer wait takes several polls.
        long seconds = Math.min(left.getSeconds(), 1_000_000);
        return (int) (seconds * 1000 + (left.getNano() + 999_999) / 1_000_000);
    }
}
