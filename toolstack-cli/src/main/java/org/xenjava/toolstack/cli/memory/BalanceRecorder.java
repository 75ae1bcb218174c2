// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.xenjava.toolstack.balancer.BalanceEvent;
import org.xenjava.toolstack.balancer.BalanceListener;
import org.xenjava.toolstack.balancer.BalanceView;

/** Writes what a balancer sees at each look to a file, one line for each {@link BalanceReading}. */
final class BalanceRecorder implements BalanceListener, AutoCloseable {
    private final Instant start;
    private final BufferedWriter out;

    /** @param file is replaced */
    BalanceRecorder(Path file, Instant start) {
        this.start = start;
        try {
            this.out = Files.newBufferedWriter(file);
            write(BalanceReading.HEADER);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void happened(BalanceEvent event) {
        // Events are not recorded: the sizes show their effects.
    }

    @Override
    public void looked(BalanceView view) {
        try {
            for (BalanceReading reading : BalanceReading.of(start, view.snapshot())) {
                write(reading.line());
            }
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(String line) throws IOException {
        out.write(line);
        out.newLine();
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
