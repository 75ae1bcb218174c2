// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * The identity of the thread that runs a command, in place of its process's: what the command holds in xenstore excludes
 * other commands of this process, and is void once the thread has ended. {@code proc(5)} shows a thread below its number
 * as it shows a process, so other processes need not know the difference.
 *
 * @param self the thread's identity
 */
record ThreadIdentity(String self) implements ProcessIdentity {
    private static final long END_NANOS = TimeUnit.SECONDS.toNanos(1);

    static ThreadIdentity ofThisThread() {
        try {
            // PID/task/TID
            Path thread = Files.readSymbolicLink(Path.of("/proc/thread-self"));
            long number = Long.parseLong(thread.getFileName().toString());
            return new ThreadIdentity(ProcessIdentity.of(number)
                    .orElseThrow(() -> new IllegalStateException("/proc/" + number + " cannot be read")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the kernel has removed the thread, which is shortly after {@link Thread#join} has returned. */
    void awaitEnd() throws InterruptedException {
        long start = System.nanoTime();
        while (liveness(self) == Liveness.ALIVE && System.nanoTime() - start < END_NANOS) {
            Thread.sleep(1);
        }
    }

    @Override
    public Liveness liveness(String identity) {
        return ProcessIdentity.ofProc().liveness(identity);
    }
}
