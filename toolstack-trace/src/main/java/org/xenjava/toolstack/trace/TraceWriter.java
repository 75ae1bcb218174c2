// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import com.google.gson.JsonObject;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Writes the lines of a trace. The first failure ends the writing and is thrown when it is closed. */
final class TraceWriter {
    enum Flush {
        EVERY_LINE,
        AT_CLOSE
    }

    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Writer out;
    private final Flush flush;
    private @Nullable IOException failure;

    TraceWriter(Writer out, Flush flush) {
        this.out = out;
        this.flush = flush;
    }

    /** Creates the file anew, so that no link is followed and nobody has it open; only its owner can read it. */
    static TraceWriter create(Path file) throws IOException {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            Files.delete(file);
        }
        OutputStream bytes = Channels.newOutputStream(Files.newByteChannel(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWNER_ONLY));
        boolean compressed = file.toString().endsWith(".gz");
        return new TraceWriter(
                new BufferedWriter(new OutputStreamWriter(
                        compressed ? new GZIPOutputStream(bytes) : bytes, StandardCharsets.UTF_8)),
                compressed ? Flush.AT_CLOSE : Flush.EVERY_LINE);
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
            throw new UncheckedIOException(
                    new IOException("the trace is incomplete: " + failure.getMessage(), failure));
        }
    }
}
