// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Consumer;
import org.xenjava.toolstack.balancer.BalanceEvent;
import org.xenjava.toolstack.balancer.BalanceListener;
import org.xenjava.toolstack.balancer.BalanceView;

/**
 * Writes what a balancer sees at each look to a file, one line for each {@link BalanceReading}. A failure ends the record and
 * not the balancer. The last line of the file is incomplete then.
 */
final class BalanceRecorder implements BalanceListener, AutoCloseable {
    private final Path file;
    private final Instant start;
    private final Consumer<String> complaints;
    private final BufferedWriter out;
    private boolean failed;

    /**
     * Begins a record.
     *
     * @param file is replaced
     * @param complaints receives the message of the first failure
     */
    BalanceRecorder(Path file, Instant start, Consumer<String> complaints) {
        this.file = file;
        this.start = start;
        this.complaints = complaints;
        try {
            this.out = Files.newBufferedWriter(file);
            write(BalanceReading.HEADER);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns whether the record is incomplete. */
    boolean hasFailed() {
        return failed;
    }

    @Override
    public void happened(BalanceEvent event) {
        // Events are not recorded: the sizes show their effects.
    }

    @Override
    public void looked(BalanceView view) {
        if (failed) {
            return;
        }
        try {
            for (BalanceReading reading : BalanceReading.of(start, view.snapshot())) {
                write(reading.line());
            }
            out.flush();
        } catch (IOException e) {
            fail(e);
        }
    }

    private void write(String line) throws IOException {
        out.write(line);
        out.newLine();
    }

    private void fail(IOException e) {
        if (!failed) {
            failed = true;
            complaints.accept("the record ends here: " + file + ": " + e.getMessage());
        }
    }

    /** Closes the file. A failure is reported like a failed write of {@link #looked}. */
    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            fail(e);
        }
    }
}
