// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.trace.HypercallRecord;
import org.xenjava.toolstack.trace.Replay;
import org.xenjava.toolstack.trace.Trace;
import org.xenjava.toolstack.trace.TraceReader;
import org.xenjava.toolstack.trace.TracedCall;

/** {@code xlj --record}: what a command and Xen said to each other, in a file. */
class RecordTest {
    private final SimulatedXen xen = SimulatedXen.create();
    private final Prompt prompt = Prompt.on(xen);

    @TempDir
    private Path directory = Path.of("");

    private GuestFiles files = new GuestFiles(directory);

    @BeforeEach
    void useDirectory() {
        files = new GuestFiles(directory);
    }

    @ParameterizedTest
    @ValueSource(strings = {"trace.jsonl", "trace.jsonl.gz"})
    void aWholeCreateIsInTheTrace(String name) {
        Path file = directory.resolve(name);
        String config = files.config("web", "memory = 64", "maxmem = 128");
        assertEquals(
                new Outcome(0, "", ""),
                prompt.run("--record", file.toString(), "create", "--backed-boot", "off", "-p", config));

        Trace trace = TraceReader.read(file);
        assertTrue(trace.isComplete());
        assertEquals(
                "--record " + file + " create --backed-boot off -p " + config,
                trace.header().command());
        assertEquals(1, operations(trace, "createdomain"));
        assertEquals(1, operations(trace, "set_pod_target"));
    }

    @Test
    void aRecordedCreateIsReplayedWithItsTimeAndItsProcess() {
        Path file = directory.resolve("trace.jsonl");
        String uuid = "52fb6b1c-3d6f-4b8e-9a0d-7f1f5f0c8e11";
        String config = files.config("web", "memory = 64", "maxmem = 128", "uuid = '" + uuid + "'");
        Outcome recorded = prompt.run("--record", file.toString(), "create", "-p", config);

        String[] time = written(file, "/vm/" + uuid + "/start_time").split("\\.");
        Instant start = Instant.ofEpochSecond(Long.parseLong(time[0]), Long.parseLong(time[1]) * 10_000_000);
        String process = written(file, "/tool/xenjava/builds/" + uuid);
        try (Replay replay = Replay.of(file)) {
            Prompt elsewhere = new Prompt(options -> options.clock(Clock.fixed(start, ZoneOffset.UTC))
                    .processIdentity(ProcessIdentity.named(process))
                    .open(SimulatedXen.create().host(replay)));
            assertEquals(recorded, elsewhere.run("create", "-p", config));
            replay.assertFinished();
        }
    }

    @Test
    void aRecordedCreateHasNoPassword() throws IOException {
        Path file = directory.resolve("trace.jsonl");
        String config =
                files.config("web", "type = 'hvm'", "memory = 64", "vnc = 1", "vncpasswd = 's3cret'", "serial = 'pty'");
        prompt.run("--record", file.toString(), "create", "-p", config, "vncpasswd='s3cret'");
        String trace = Files.readString(file);
        assertTrue(TraceReader.read(file).isComplete());
        assertTrue(trace.contains("[redacted]"), trace);
        assertFalse(trace.contains("s3cret"), trace);
    }

    @Test
    void aCommandThatNeedsNoXenRecordsNothing() {
        Path file = directory.resolve("trace.jsonl");
        assertEquals(0, prompt.run("--record=" + file, "version").status());
        assertFalse(Files.exists(file));
    }

    @Test
    void aFailedCommandLeavesAWholeTrace() {
        Path file = directory.resolve("trace.jsonl.gz");
        assertEquals(1, prompt.run("--record=" + file, "pause", "nobody").status());
        assertTrue(TraceReader.read(file).isComplete());
    }

    @Test
    void aTraceThatCannotBeWrittenFailsBeforeAnythingIsDone() {
        String config = files.config("web", "memory = 64");
        Path file = directory.resolve("missing").resolve("trace.jsonl");
        Outcome outcome = prompt.run("--record", file.toString(), "create", config);
        assertEquals(1, outcome.status());
        assertEquals("xlj: " + file + ": no such file or directory\n", outcome.err());
        assertEquals(2, prompt.run("list").out().lines().count());
    }

    /** A trace that does not fit is no reason to leave a guest half built. */
    @Test
    void aFullDiskEndsTheTraceAndNotTheCommand() throws Exception {
        Path small = Files.createDirectory(directory.resolve("small"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", small.toString()) == 0, "only root mounts");
        try {
            Path file = small.resolve("trace.jsonl");
            Outcome outcome =
                    prompt.run("--record", file.toString(), "create", "-p", files.config("web", "memory = 64"));
            assertEquals(1, outcome.status());
            assertEquals("xlj: the trace is incomplete: No space left on device\n", outcome.err());
            assertEquals("web\n", prompt.run("domname", "1").out());
            assertEquals(8192, Files.size(file));
        } finally {
            run("umount", "-l", small.toString());
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).start().waitFor();
    }

    private static String written(Path trace, String path) {
        return TraceReader.read(trace).records().stream()
                .filter(line -> line instanceof TracedCall call
                        && call.method().equals("write")
                        && call.arguments().get("path").equals(path))
                .map(line -> ((TracedCall) line).arguments().get("value"))
                .findFirst()
                .orElseThrow();
    }

    private static long operations(Trace trace, String operation) {
        return trace.records().stream()
                .filter(line ->
                        line instanceof HypercallRecord call && call.operation().equals(operation))
                .count();
    }
}
