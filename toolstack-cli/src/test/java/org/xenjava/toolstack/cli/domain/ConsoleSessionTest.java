// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.cli.output.Console;
import picocli.CommandLine.Help.Ansi;

@Timeout(60)
class ConsoleSessionTest {
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

    @Test
    void aSessionShowsTheGuestsOutputUntilTheConsoleIsClosed() throws Exception {
        InputStream guest = new ByteArrayInputStream("Linux version 6.1\r\n".getBytes(StandardCharsets.UTF_8));
        ConsoleSession.run(guest, OutputStream.nullOutputStream(), typed("", false));
        assertEquals("Linux version 6.1\r\n", shown.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aSessionEndsIfTheTerminalFails() throws Exception {
        ConsoleSession.run(new HungUp(), OutputStream.nullOutputStream(), typed("", false));
        assertEquals("", shown.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aSessionSendsItsInputAndDetachesAtTheEndOfInput() throws Exception {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (PipedOutputStream silent = new PipedOutputStream()) {
            ConsoleSession.run(new PipedInputStream(silent), received, typed("reboot\n", true));
        }
        assertEquals("reboot\n", received.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aSessionEndsWithAPipeThatHasSentSomething() throws Exception {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (PipedOutputStream silent = new PipedOutputStream()) {
            ConsoleSession.run(new PipedInputStream(silent), received, typed("reboot\n", false));
        }
        assertEquals("reboot\n", received.toString(StandardCharsets.UTF_8));
    }

    @Test
    void theDetachKeyEndsTheSessionAndIsNotSent() throws Exception {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (PipedOutputStream silent = new PipedOutputStream()) {
            ConsoleSession.run(new PipedInputStream(silent), received, typed("top\003q\035never sent", true));
        }
        assertEquals("top\003q", received.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aPipeMayContainTheDetachKey() throws Exception {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (PipedOutputStream silent = new PipedOutputStream()) {
            ConsoleSession.run(new PipedInputStream(silent), received, typed("a\035b", false));
        }
        assertEquals("a\035b", received.toString(StandardCharsets.UTF_8));
    }

    private Console typed(String input, boolean terminal) {
        PrintStream out = new PrintStream(shown, true, StandardCharsets.UTF_8);
        return new Console(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                out,
                out,
                terminal ? Set.of(Console.Stream.IN) : Set.of(),
                Ansi.OFF);
    }

    /** A pseudo-terminal whose other end is closed. */
    private static final class HungUp extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("Input/output error");
        }
    }
}
