// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** {@code xlj serve}: a process that runs the commands of others. */
final class XljServe implements AutoCloseable {
    private static final Path SOCKET = Path.of("/run/xlj/serve.sock");
    private static final long START_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final Path xlj;
    private final Process process;

    XljServe(Path xlj) {
        this.xlj = xlj;
        try {
            process = new ProcessBuilder(xlj.toString(), "serve")
                    .inheritIO()
                    .redirectInput(Redirect.PIPE)
                    .start();
            for (long end = System.nanoTime() + START_NANOS; !Files.exists(SOCKET); Thread.sleep(100)) {
                if (System.nanoTime() > end || !process.isAlive()) {
                    process.destroy();
                    throw new IllegalStateException("xlj serve has not started");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The program that sends commands to it. */
    String command() {
        return xlj.toString();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
