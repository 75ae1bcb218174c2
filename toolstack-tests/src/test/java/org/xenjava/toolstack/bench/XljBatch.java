// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;

/** {@code xlj batch}: xlj in a process that stays. */
final class XljBatch implements AutoCloseable {
    private static final String STATUS = "status ";

    private final Process process;
    private final BufferedReader answers;
    private final Writer commands;

    XljBatch(Path xlj) {
        try {
            process = new ProcessBuilder(xlj.toString(), "batch", "--status")
                    .redirectError(Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        answers = process.inputReader();
        commands = process.outputWriter();
    }

    /** Runs a command, which must be a success; the time in milliseconds. */
    double run(String command) {
        long start = System.nanoTime();
        try {
            commands.write(command + "\n");
            commands.flush();
            String line = answers.readLine();
            while (line != null && !line.startsWith(STATUS)) {
                line = answers.readLine();
            }
            if (line == null || !line.equals(STATUS + 0)) {
                throw new IllegalStateException("xlj batch: " + command + ": " + line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return (System.nanoTime() - start) / 1e6;
    }

    @Override
    public void close() {
        try {
            commands.close();
            process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
