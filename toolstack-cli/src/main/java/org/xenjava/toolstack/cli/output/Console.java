// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Ansi;

/** Standard input, output and error. Printed text is escaped, see {@link Escape}. */
public final class Console {
    /** Moves the cursor up by a number of lines and erases the rest of the screen (ECMA-48 CPL, ED). */
    private static final String REDRAW = "\033[%dF\033[J";

    private static final int TERMINAL_WIDTH = 80;

    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private final Set<Stream> terminals;
    private final Ansi ansi;
    private final boolean ownsInput;
    private final ProgressLine progress;
    private int drawnLines;

    /** A standard stream; its position is its file descriptor. */
    public enum Stream {
        IN,
        OUT,
        ERR
    }

    /**
     * Joins streams that a test may replace.
     *
     * @param terminals which of them are terminals
     * @param ansi whether standard output is coloured
     */
    public Console(InputStream in, PrintStream out, PrintStream err, Set<Stream> terminals, Ansi ansi) {
        this(in, out, err, terminals, ansi, true);
    }

    private Console(
            InputStream in, PrintStream out, PrintStream err, Set<Stream> terminals, Ansi ansi, boolean ownsInput) {
        this.in = in;
        this.out = out;
        this.err = err;
        this.terminals = terminals.isEmpty() ? EnumSet.noneOf(Stream.class) : EnumSet.copyOf(terminals);
        this.ansi = ansi;
        this.ownsInput = ownsInput;
        this.progress = new ProgressLine(err, TERMINAL_WIDTH);
    }

    /** The standard input of programs that a command starts: nothing, unless the command has an input itself. */
    public Redirect inputOfPrograms() {
        return ownsInput ? Redirect.INHERIT : Redirect.from(Path.of("/dev/null").toFile());
    }

    /** The same console with an empty standard input. */
    public Console withoutInput() {
        Set<Stream> others = EnumSet.copyOf(terminals);
        others.remove(Stream.IN);
        return new Console(InputStream.nullInputStream(), out, err, others, ansi, false);
    }

    /** The streams of this process, in UTF-8 and unbuffered. */
    public static Console ofProcess() {
        Set<Stream> terminals = EnumSet.allOf(Stream.class);
        terminals.removeIf(stream -> !isTerminal(stream.ordinal()));
        return new Console(
                new FileInputStream(FileDescriptor.in),
                utf8(new FileOutputStream(FileDescriptor.out)),
                utf8(new FileOutputStream(FileDescriptor.err)),
                terminals,
                ansi(terminals.contains(Stream.OUT), System.getenv()));
    }

    /**
     * The streams of another process, without an input.
     *
     * @param terminals those of its streams that are terminals
     * @param environment its variables
     */
    public static Console ofCaller(
            OutputStream out, OutputStream err, Set<Stream> terminals, Map<String, String> environment) {
        return new Console(
                        InputStream.nullInputStream(),
                        utf8(out),
                        utf8(err),
                        terminals,
                        ansi(terminals.contains(Stream.OUT), environment))
                .withoutInput();
    }

    private static PrintStream utf8(OutputStream target) {
        return new PrintStream(target, true, StandardCharsets.UTF_8);
    }

    /** Colours are for terminals, unless {@code NO_COLOR} is set or {@code TERM} is dumb. */
    static Ansi ansi(boolean terminal, Map<String, String> environment) {
        boolean refused = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "").equals("dumb");
        return terminal && !refused ? Ansi.ON : Ansi.OFF;
    }

    /**
     * Whether a stream is a terminal. {@code System.console()} tells this only for all three streams together, and
     * since Java 22 not even that.
     */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.matches("/dev/(pts/\\d+|tty.*|hvc\\d+|console)");
        } catch (IOException e) {
            return false;
        }
    }

    /** Standard error for the log and the virtual machine, which know no console. Each line is escaped. */
    public static PrintStream escapedError() {
        return escaped(new FileOutputStream(FileDescriptor.err));
    }

    /** Another stream for the log. */
    public static PrintStream escaped(OutputStream target) {
        return new EscapingStream(target);
    }

    private static final class EscapingStream extends PrintStream {
        EscapingStream(OutputStream target) {
            super(target, true, StandardCharsets.UTF_8);
        }

        @Override
        public void print(@Nullable String text) {
            super.print(Escape.line(String.valueOf(text)));
        }

        @Override
        public void println(@Nullable String line) {
            super.println(Escape.line(String.valueOf(line)));
        }

        @Override
        public void println(@Nullable Object line) {
            println(String.valueOf(line));
        }
    }

    /** Treats standard error as a terminal, for {@code xlj -t}. */
    public void showProgressAnywhere() {
        terminals.add(Stream.ERR);
    }

    public boolean isTerminal(Stream stream) {
        return terminals.contains(stream);
    }

    /** Prints a line on standard output. */
    public void print(String line) {
        progress.clear();
        out.println(Escape.line(line));
    }

    /** Prints a line with styles on standard output. */
    public void print(StyledLine line) {
        progress.clear();
        out.println(line.render(ansi));
    }

    /** Prints a JSON text on standard output. */
    public void print(JsonText json) {
        progress.clear();
        out.println(json.escaped());
    }

    /** Whether {@link #redraw} can replace lines. */
    public boolean canRedraw() {
        return ansi == Ansi.ON;
    }

    /** Prints lines on standard output in place of those of the last call. */
    public void redraw(List<String> lines) {
        if (drawnLines > 0) {
            out.printf(Locale.ROOT, REDRAW, drawnLines);
        }
        lines.forEach(this::print);
        drawnLines = lines.size();
    }

    /** Prints a line on standard error. */
    public void note(String line) {
        progress.clear();
        err.println(Escape.line(line));
    }

    /** Prints a message on standard error, each of its lines after the name of the program. */
    public void complain(String message) {
        message.lines().forEach(line -> note("xlj: " + line));
    }

    /** The line on standard error that shows the progress of an operation; only for a terminal. */
    public ProgressLine progress() {
        return progress;
    }

    public InputStream in() {
        return in;
    }

    /** The stream that writes the bytes of a guest's console, or of a migration, to standard output unchanged. */
    public OutputStream guestOutput() {
        return out;
    }

    /** Standard output for picocli's help. */
    public PrintWriter helpWriter() {
        return new PrintWriter(out, true, StandardCharsets.UTF_8);
    }
}
