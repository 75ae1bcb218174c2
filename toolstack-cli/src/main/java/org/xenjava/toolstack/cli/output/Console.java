// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Help.Ansi;

/**
 * Standard input, output and error.
 *
 * @param in standard input
 * @param out standard output
 * @param err standard error
 * @param inputIsTerminal a person types the input
 * @param errorIsTerminal a person watches standard error, and a line of it can be rewritten
 * @param ansi whether standard output is coloured: on a terminal, unless {@code NO_COLOR} is set or {@code TERM} is dumb
 */
public record Console(
        InputStream in, PrintStream out, PrintStream err, boolean inputIsTerminal, boolean errorIsTerminal, Ansi ansi) {

    /** Those of this process, in UTF-8 and unbuffered. */
    public static Console ofProcess() {
        return new Console(
                new FileInputStream(FileDescriptor.in),
                print(FileDescriptor.out),
                print(FileDescriptor.err),
                isTerminal(0),
                isTerminal(2),
                ansi(isTerminal(1), System.getenv()));
    }

    private static PrintStream print(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /** Whether what is printed there is coloured. */
    public static Ansi ansi(boolean terminal, Map<String, String> environment) {
        boolean refused = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "").equals("dumb");
        return terminal && !refused ? Ansi.ON : Ansi.OFF;
    }

    /** {@code System.console()} knows only all three together, and since Java 22 not even that. */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.matches("/dev/(pts/\\d+|tty.*|hvc\\d+|console)");
        } catch (IOException e) {
            return false;
        }
    }

    /** {@link #out} as picocli wants it. */
    public PrintWriter outWriter() {
        return new PrintWriter(out, true, StandardCharsets.UTF_8);
    }

    /** {@link #err} as picocli wants it. */
    public PrintWriter errWriter() {
        return new PrintWriter(err, true, StandardCharsets.UTF_8);
    }
}
