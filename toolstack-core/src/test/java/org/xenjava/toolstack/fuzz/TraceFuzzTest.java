// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.trace.Contents;
import org.xenjava.toolstack.trace.Recorder;
import org.xenjava.toolstack.trace.Secrets;
import org.xenjava.toolstack.trace.TraceFormatException;
import org.xenjava.toolstack.trace.TraceReader;

/** A damaged trace is read, or refused with the documented exception. */
class TraceFuzzTest {
    private static final int HEADER_AND_MORE = 40;

    private static Path directory = Path.of("");
    private static List<byte[]> seeds = List.of();

    @BeforeContainer
    static void record() throws IOException {
        directory = Files.createTempDirectory("traces");
        Path trace = directory.resolve("recorded.jsonl");
        Toolstack.options()
                .tap(libraries ->
                        new Recorder("fuzz", Clock.systemUTC(), Contents.HASH, Secrets.REDACTED).wrap(libraries, trace))
                .open(SimulatedXen.create().host())
                .close();
        List<String> lines = Files.readAllLines(trace);
        String beginning = String.join("\n", lines.subList(0, Math.min(lines.size(), HEADER_AND_MORE))) + "\n";
        seeds = List.of(beginning.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    @AfterContainer
    static void remove() throws IOException {
        Files.deleteIfExists(directory.resolve("recorded.jsonl"));
        Files.deleteIfExists(directory.resolve("damaged.jsonl"));
        Files.delete(directory);
    }

    @Provide
    Arbitrary<byte[]> traces() {
        return Fuzz.damaged(seeds);
    }

    @Property(seed = "153")
    void traces(@ForAll("traces") byte[] content) {
        Path file = write(content);
        Fuzz.attempt(() -> TraceReader.read(file), TraceFormatException.class);
    }

    private static Path write(byte[] content) {
        try {
            return Files.write(directory.resolve("damaged.jsonl"), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
