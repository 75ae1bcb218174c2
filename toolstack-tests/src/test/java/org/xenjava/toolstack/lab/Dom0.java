// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The control domain that the suite runs in: Xen's own tools, to compare with and to check against. */
final class Dom0 {
    static final Path GUESTS =
            Path.of(Optional.ofNullable(System.getenv("LAB_GUEST_DIR")).orElse("/lab/guest"));

    /** xlj create waits for the guest's balloon driver. */
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(6);

    private Dom0() {}

    /** The output of a command, and its exit status. */
    record Output(int status, String text) {
        Output expectSuccess() {
            if (status != 0) {
                throw new AssertionError("exit status " + status + ": " + text);
            }
            return this;
        }
    }

    static Output run(String... command) {
        try {
            Path out = Files.createTempFile("command", ".out");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            if (!process.waitFor(COMMAND_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(String.join(" ", command) + " hangs: " + Files.readString(out));
            }
            String text = Files.readString(out, StandardCharsets.ISO_8859_1);
            Files.delete(out);
            return new Output(process.exitValue(), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Starts a class of the tests in another process, to be killed there. */
    static Process startJava(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    static String xl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("xl"));
        command.addAll(List.of(arguments));
        return run(command.toArray(String[]::new)).expectSuccess().text();
    }

    static int domid(String name) {
        return Integer.parseInt(xl("domid", name).strip());
    }

    static String xenstore(String path) {
        return run("xenstore-read", path).expectSuccess().text().strip();
    }

    /**
     * All of xenstore, but for the two empty parents that xl leaves behind and this toolstack removes, and the empty
     * directories of this toolstack's journals.
     */
    static String xenstoreTree() {
        String tree = run("xenstore-ls", "-f").expectSuccess().text();
        return tree.replaceAll("(?m)^/(vm|libxl|tool/xenjava(/\\w+)?) = \"\"\\n", "");
    }

    static long freeMemoryMib() {
        Matcher m = Pattern.compile("free_memory\\s*: (\\d+)").matcher(xl("info"));
        if (!m.find()) {
            throw new AssertionError("xl info shows no free memory");
        }
        return Long.parseLong(m.group(1));
    }

    /** The guest's console, as xenconsoled has logged it. */
    static String consoleLog(String name) {
        try {
            Path log = Path.of("/var/log/xen/console/guest-" + name + ".log");
            return Files.exists(log) ? Files.readString(log, StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What Xen knows of its domains, for the report of a guest that does not go on. */
    static String domains() {
        String xen = run("xl", "dmesg").text();
        return run("xl", "list").text() + "the end of Xen's log:\n" + xen.substring(Math.max(0, xen.length() - 1500));
    }

    /** Polls, since everything here takes ten times as long as elsewhere, and never the same time. */
    static <T> T await(String what, Duration limit, Supplier<Optional<T>> probe) {
        return await(() -> what, limit, probe);
    }

    /** Waits as above; the failure describes the awaited state at the end of the limit. */
    static <T> T await(Supplier<String> what, Duration limit, Supplier<Optional<T>> probe) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            Optional<T> found = probe.get();
            if (found.isPresent()) {
                return found.get();
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited " + limit + " in vain for " + what.get());
            }
            sleep(Duration.ofMillis(300));
        }
    }

    static void sleep(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** A line for the report that a reader of the log will quote. */
    static void report(String line) {
        System.out.println("LAB " + line);
    }
}
