// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.sim.SimulatedXen;

class BatchCommandTest {
    private final Prompt prompt = Prompt.on(SimulatedXen.create());
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private Prompt.Outcome batch(String lines, String... options) {
        String[] args = new String[options.length + 1];
        args[0] = "batch";
        System.arraycopy(options, 0, args, 1, options.length);
        return prompt.runWith(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)), out, args);
    }

    private List<String> printed() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void everyCommandRunsAndIsFollowedByItsStatus() {
        Prompt.Outcome outcome = batch(
                """
                domname 0
                # a comment

                domid 'no such domain'
                bogus
                domname "0
                domid Domain-0
                """,
                "--status");

        assertEquals(1, outcome.status());
        assertEquals(List.of("Domain-0", "status 0", "status 1", "status 2", "status 2", "0", "status 0"), printed());
        assertTrue(outcome.err().contains("no such domain"), outcome.err());
        assertTrue(outcome.err().contains("a quote is not closed"), outcome.err());
    }

    @Test
    void withoutFailuresTheStatusIsThatOfSuccess() {
        assertEquals(new Prompt.Outcome(0, "", ""), batch("domname 0"));
        assertEquals(List.of("Domain-0"), printed());
    }

    @Test
    void aCommandCannotReadTheCommandsThatFollow() {
        assertEquals(0, batch("batch\ndomid Domain-0\n").status());
        assertEquals(List.of("0"), printed());
    }

    @Test
    void optionsOfTheProcessAreRefusedInALine() {
        assertEquals(1, batch("-v domname 0\ndomname --debug 0\n").status());
        assertEquals(List.of(), printed());
        assertEquals(
                0,
                prompt.runWith(new ByteArrayInputStream(new byte[0]), out, "-t", "batch")
                        .status());
        Prompt.Outcome recorded =
                prompt.runWith(new ByteArrayInputStream(new byte[0]), out, "--record", "/nonexistent", "batch");
        assertEquals(2, recorded.status());
        assertTrue(recorded.err().contains("--record records one command"), recorded.err());
    }

    @Test
    void wordsAreSplitAsAShellSplitsThem() {
        assertEquals(
                List.of("create", "a b.cfg", "name=\"x\"", "it's", "", "c#d", "e\\f"),
                CommandWords.of("  create\t'a b.cfg' 'name=\"x\"' \"it's\" '' c#d \"e\\\\f\" # comment"));
        assertEquals(List.of("a b", "\"q\""), CommandWords.of("a\\ b \"\\\"q\\\"\""));
        assertEquals(List.of(), CommandWords.of("   # nothing"));
        assertEquals(List.of("$5 `\\x"), CommandWords.of("\"\\$5 \\`\\x\""));
        String many = "x".repeat(100_000);
        assertEquals(List.of(many, many), CommandWords.of("\"" + many + "\" '" + many + "'"));
        assertThrows(IllegalArgumentException.class, () -> CommandWords.of("a 'b"));
        assertThrows(IllegalArgumentException.class, () -> CommandWords.of("a\\"));
    }
}
