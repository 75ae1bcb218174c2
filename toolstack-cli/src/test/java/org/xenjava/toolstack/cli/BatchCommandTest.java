// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.cli.command.HostOpener;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import org.xenjava.toolstack.error.XenUnavailableException;
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
        Prompt.Outcome refused = batch("-v domname 0\ndomname --debug 0\n");
        assertEquals(1, refused.status());
        assertEquals(
                List.of(
                        "xlj: options of xlj stand before batch, not in a line: -v",
                        "xlj: options of xlj stand before batch, not in a line: --debug"),
                refused.err().lines().toList());
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

    /**
     * A process whose first command ends when the process is asked to end. The end of the process waits for a second
     * command, which must not run.
     */
    static final class Ending {
        private static final Duration TIME_FOR_A_SECOND_COMMAND = Duration.ofMillis(700);

        private Ending() {}

        public static void main(String[] args) {
            CountDownLatch ending = new CountDownLatch(1);
            CountDownLatch commands = new CountDownLatch(2);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                ending.countDown();
                await(commands, TIME_FOR_A_SECOND_COMMAND);
                System.out.println(SignalShutdown.run(() -> System.out.println("asked to end"), () -> "ended"));
            }));
            HostOpener host = options -> {
                System.out.println("a command runs");
                commands.countDown();
                await(ending, Duration.ofMinutes(1));
                throw new XenUnavailableException("there is no Xen here");
            };
            Session session = Session.ofProcess().opening(host);
            System.exit(Xlj.run(session, "batch", "--status"));
        }

        private static void await(CountDownLatch latch, Duration limit) {
            try {
                latch.await(limit.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    @Timeout(60)
    void noFurtherCommandRunsAfterTheProcessWasAskedToEnd() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Ending.class.getName())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = process.inputReader()) {
            process.getOutputStream().write("domname 0\ndomname 0\n".getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            assertEquals("a command runs", output.readLine());
            process.toHandle().destroy();
            assertEquals(
                    List.of("xlj: there is no Xen here", "status 1", "asked to end", "ended"),
                    output.lines().toList());
            assertEquals(128 + 15, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
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
