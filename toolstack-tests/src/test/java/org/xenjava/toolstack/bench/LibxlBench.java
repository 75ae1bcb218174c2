// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The program {@code libxl-bench}: libxl in a process that stays, and a stopwatch for other processes. */
final class LibxlBench implements AutoCloseable {
    private static final Path OUTPUT = Path.of("/tmp/libxl-bench.out");

    private final Process process;
    private final BufferedReader answers;
    private final Writer requests;

    LibxlBench() {
        try {
            process = new ProcessBuilder("/lab/bin/libxl-bench")
                    .redirectError(Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        answers = process.inputReader();
        requests = process.outputWriter();
    }

    /**
     * The result of an operation.
     *
     * @param value a domid, a number of domains or an exit status
     * @param millis how long it took
     */
    record Answer(int value, double millis) {}

    Answer create(BenchGuest guest, String name) {
        return ask("create " + guest.json() + " " + name);
    }

    Answer destroy(int domid) {
        return ask("destroy " + domid);
    }

    Answer list() {
        return ask("list");
    }

    /** Runs a command to its end, which must be a success. */
    double run(String command) {
        Answer answer = ask("run " + command);
        if (answer.value() != 0) {
            throw new IllegalStateException(command + ": exit status " + answer.value() + ": " + output());
        }
        return answer.millis();
    }

    /** What the last command printed. */
    String output() {
        try {
            return Files.readString(OUTPUT, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Answer ask(String request) {
        try {
            requests.write(request + "\n");
            requests.flush();
            String answer = answers.readLine();
            if (answer == null || !answer.startsWith("OK ")) {
                throw new IllegalStateException(request + ": " + answer);
            }
            String[] words = answer.split(" ");
            return new Answer(Integer.parseInt(words[1]), Long.parseLong(words[2]) / 1000.0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            requests.close();
            process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
