// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.trace.format.TraceLine;

/** Reads traces. */
public final class TraceReader {
    /** The member of the last line, with the number of records. */
    static final String END = "end";

    private static final Gson GSON =
            new GsonBuilder().setStrictness(Strictness.STRICT).create();

    private final String source;
    private final List<TraceLine> lines = new ArrayList<>();
    private final List<TraceRecord> records = new ArrayList<>();
    private @Nullable TraceHeader header;
    private Trace.Ending ending = Trace.Ending.CUT_OFF;
    private int line = 1;

    private TraceReader(String source) {
        this.source = source;
    }

    /**
     * Reads a whole trace.
     *
     * @param file plain, or gzip if its name ends in {@code .gz}
     * @return the trace
     * @throws TraceFormatException with the number of a line that is malformed or cut off
     * @throws UncheckedIOException if the file cannot be read
     */
    public static Trace read(Path file) {
        return new TraceReader(file.getFileName().toString()).readAll(file);
    }

    /** The number of the line of a record; the header is line 1. */
    static int lineOf(int sequence) {
        return sequence + 1;
    }

    private Trace readAll(Path file) {
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
                BufferedReader reader =
                        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()))) {
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                take(text);
                line++;
            }
        } catch (EOFException e) {
            throw new TraceFormatException(source, line, "the compressed file is cut off", e);
        } catch (ZipException | CharacterCodingException e) {
            throw new TraceFormatException(source, line, "not a trace: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (header == null) {
            throw new TraceFormatException(source, 1, "the file is empty");
        }
        return new Trace(source, header, lines, records, ending);
    }

    private void take(String text) {
        try {
            JsonObject json = Optional.ofNullable(GSON.fromJson(text, JsonObject.class))
                    .orElseThrow(() -> new IllegalArgumentException("an empty line"));
            if (header == null) {
                header = TraceHeader.of(json);
            } else if (ending == Trace.Ending.CLOSED) {
                throw new IllegalArgumentException("something follows the end of the trace");
            } else if (json.has(END)) {
                end(json.get(END).getAsInt());
            } else {
                record(TraceLine.of(json));
            }
        } catch (JsonParseException e) {
            throw new TraceFormatException(source, line, "not a whole JSON object", e);
        } catch (RuntimeException e) {
            // A member of the wrong type shows as almost any kind of exception.
            throw new TraceFormatException(source, line, "malformed: " + e.getMessage(), e);
        }
    }

    private void record(TraceLine next) {
        if (next.sequence() != lines.size() + 1) {
            throw new IllegalArgumentException(
                    "record " + next.sequence() + " where " + (lines.size() + 1) + " should be");
        }
        lines.add(next);
        records.add(typed(next));
    }

    private static TraceRecord typed(TraceLine line) {
        if (line.request().isHypercall()) {
            return HypercallRecord.of(line);
        }
        return line.request().library().equals("MappedPages") ? GuestWrite.of(line) : TracedCall.of(line);
    }

    private void end(int count) {
        if (count != lines.size()) {
            throw new IllegalArgumentException("there should be " + count + " records, not " + lines.size());
        }
        ending = Trace.Ending.CLOSED;
    }
}
