// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import com.google.gson.JsonObject;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Writes the lines of a trace. The first failure ends the writing and is thrown when it is closed. */
final class TraceWriter {
    enum Flush {
        EVERY_LINE,
        AT_CLOSE
    }

    private final Writer out;
    private final Flush flush;
    private @Nullable IOException failure;

    TraceWriter(Writer out, Flush flush) {
        this.out = out;
        this.flush = flush;
    }

    static TraceWriter create(Path file) throws IOException {
        return file.toString().endsWith(".gz")
                ? new TraceWriter(
                        new BufferedWriter(new OutputStreamWriter(
                                new GZIPOutputStream(Files.newOutputStream(file)), StandardCharsets.UTF_8)),
                        Flush.AT_CLOSE)
                : new TraceWriter(Files.newBufferedWriter(file), Flush.EVERY_LINE);
    }

    void append(JsonObject line) {
        if (failure != null) {
            return;
        }
        try {
            out.append(line.toString()).append('\n');
            if (flush == Flush.EVERY_LINE) {
                out.flush();
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    void close() {
        try {
            out.close();
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
        if (failure != null) {
            throw new UncheckedIOException("the trace is incomplete", failure);
        }
    }
}
