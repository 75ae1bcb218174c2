// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.xenctrl.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.trace.HypercallRecord;
import org.xenjava.toolstack.xenctrl.trace.Replay;
import org.xenjava.toolstack.xenctrl.trace.Trace;
import org.xenjava.toolstack.xenctrl.trace.TraceReader;

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
        assertEquals(new Outcome(0, "", ""), prompt.run("--record", file.toString(), "create", "-p", config));

        Trace trace = TraceReader.read(file);
        assertTrue(trace.isComplete());
        assertEquals("--record " + file + " create -p " + config, trace.header().command());
        assertEquals(1, operations(trace, "createdomain"));
        assertEquals(1, operations(trace, "set_pod_target"));
    }

    @Test
    void aRecordingIsReplayedByTheSameCommand() {
        Path file = directory.resolve("trace.jsonl");
        prompt.run("create", "-p", files.config("web", "memory = 64", "maxmem = 128"));
        Outcome recorded = prompt.run("--record", file.toString(), "pod-check", "--all");
        assertEquals(1, recorded.status());

        try (Replay replay = Replay.of(file)) {
            assertEquals(recorded, Prompt.on(replay).run("pod-check", "--all"));
            replay.assertFinished();
        }
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
        assertTrue(outcome.err().startsWith("xlj: a file cannot be read or written: "), outcome.err());
        assertTrue(outcome.err().contains(file.toString()), outcome.err());
        assertEquals(2, prompt.run("list").out().lines().count());
    }

    private static long operations(Trace trace, String operation) {
        return trace.records().stream()
                .filter(line ->
                        line instanceof HypercallRecord call && call.operation().equals(operation))
                .count();
    }
}
