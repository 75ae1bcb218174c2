// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/xlj}, installed in a directory, with a Java that notes how it is called. */
class LauncherTest {
    /** The class without which a training has not loaded the classes of a create. */
    private static final String BUILDER = "org/xenjava/toolstack/create/DomainBuilder";

    private static final String JAVA =
            """
            #!/bin/sh
            echo "$*" >>"${0%/*}/calls"
            for option in "$@"; do
                case $option in
                    -XX:DumpLoadedClassList=*) list=${option#*=}; echo java/lang/Object >"$list" ;;
                    rehearse) if [ -z "$NO_REHEARSAL" ]; then echo CLASS >"$list"; else rm "$list"; fi ;;
                    -XX:SharedClassListFile=*) cp "${option#*=}" "${0%/*}/classes" ;;
                    -XX:SharedArchiveFile=*/archive) [ -z "$NO_DUMP" ] || exit 1; echo data >"${option#*=}" ;;
                esac
            done
            echo ran
            """
                    .replace("CLASS", BUILDER);

    @TempDir
    Path installation;

    @BeforeEach
    void install() throws IOException {
        Path program = Files.createDirectories(installation.resolve("bin")).resolve("xlj");
        Files.copy(Path.of("../bin/xlj"), program);
        Files.writeString(Files.createDirectories(installation.resolve("lib")).resolve("xlj.jar"), "a jar");
        Path java = Files.createDirectories(installation.resolve("java/bin")).resolve("java");
        Files.writeString(java, JAVA);
        for (Path script : List.of(program, java)) {
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private Process start(Map<String, String> environment, String... args) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(installation.resolve("bin/xlj").toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("XLJ_"));
        builder.environment().put("JAVA_HOME", installation.resolve("java").toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** What the program prints; the output ends only when no process in the background has it open. */
    private static String output(Process process) throws IOException, InterruptedException {
        String text = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), text);
        return text;
    }

    private String run(Map<String, String> environment, String... args) throws IOException, InterruptedException {
        return output(start(environment, args));
    }

    private List<String> calls(String containing) throws IOException {
        return Files.readAllLines(installation.resolve("java/bin/calls")).stream()
                .filter(call -> call.contains(containing))
                .toList();
    }

    private String stamp() throws IOException {
        Path stamp = installation.resolve("lib/xlj.jsa.stamp");
        return Files.exists(stamp) ? Files.readString(stamp) : "";
    }

    /** Waits for an archive, or for the failure to make one, other than those before. */
    private void awaitStampOtherThan(String before) throws IOException, InterruptedException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); stamp().equals(before); Thread.sleep(20)) {
            assertTrue(System.nanoTime() < end, "no archive was made");
        }
    }

    @Test
    void commandsThatStartAtOnceMakeOneArchiveWhichTheNextOneUses() throws IOException, InterruptedException {
        List<Process> commands = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            commands.add(start(Map.of(), "list"));
        }
        for (Process command : commands) {
            assertEquals("ran\n", output(command));
        }
        awaitStampOtherThan("");
        run(Map.of(), "--make-archive-once");
        assertEquals(1, calls("-Xshare:dump").size());
        run(Map.of(), "uptime");
        assertTrue(calls("uptime").get(0).contains("-XX:SharedArchiveFile=" + installation.resolve("bin/../lib")));
        run(Map.of("XLJ_ARCHIVE", "none"), "pools");
        assertFalse(calls("pools").get(0).contains("-XX:SharedArchiveFile="));
    }

    @Test
    void anotherJarIsGivenAnotherArchive() throws IOException, InterruptedException {
        run(Map.of(), "--make-archive");
        String first = stamp();
        Files.writeString(installation.resolve("lib/xlj.jar"), "a jar of another size");
        run(Map.of(), "uptime");
        assertFalse(calls("uptime").get(0).contains("-XX:SharedArchiveFile="));
        awaitStampOtherThan(first);
        assertEquals(2, calls("-Xshare:dump").size());
    }

    @Test
    void anArchiveThatCannotBeMadeIsNotTriedByEveryCommand() throws IOException, InterruptedException {
        run(Map.of("NO_DUMP", "yes"), "list");
        awaitStampOtherThan("");
        assertEquals("ran\n", run(Map.of(), "uptime"));
        run(Map.of(), "--make-archive-once");
        assertEquals(1, calls("-Xshare:dump").size());
        assertFalse(calls("uptime").get(0).contains("-XX:SharedArchiveFile="));
    }

    @Test
    void anArchiveHasTheClassesOfEachTraining() throws IOException, InterruptedException {
        run(Map.of(), "--make-archive");
        assertEquals(
                List.of("java/lang/Object", BUILDER), Files.readAllLines(installation.resolve("java/bin/classes")));
        assertTrue(Files.exists(installation.resolve("lib/xlj.jsa")));
    }

    @Test
    void aTrainingWithoutTheClassesOfACreateMakesNoArchive() throws IOException, InterruptedException {
        run(Map.of(), "--make-archive");
        Process process = start(Map.of("NO_REHEARSAL", "yes"), "--make-archive");
        String error = new String(process.getInputStream().readAllBytes());
        assertEquals(1, process.waitFor());
        assertTrue(error.contains("xlj rehearse has not loaded the classes of a create"), error);
        assertEquals(1, calls("-Xshare:dump").size());
        assertFalse(Files.exists(installation.resolve("lib/xlj.jsa")));
    }

    @Test
    void theClassThatEachTrainingOfACreateLoadsExists() throws IOException {
        assertTrue(Files.readString(Path.of("../bin/xlj")).contains("'^" + BUILDER));
        assertNotNull(LauncherTest.class.getResource("/" + BUILDER + ".class"));
    }

    @Test
    void aDirectoryInWhichNothingCanBeCreatedKeepsNoCommandFromRunning() throws IOException, InterruptedException {
        assertEquals("ran\n", run(Map.of("XLJ_ARCHIVE", "/proc/xlj.jsa"), "list"));
        assertEquals("ran\n", run(Map.of("XLJ_ARCHIVE", "/nonexistent/xlj.jsa"), "list"));
    }

    @Test
    void aSourceTreeMakesNoArchiveByItself() throws IOException, InterruptedException {
        Files.createDirectories(installation.resolve("toolstack-cli/target"));
        Files.writeString(installation.resolve("toolstack-cli/target/xlj.jar"), "a jar");
        run(Map.of(), "list");
        assertEquals(List.of(), calls("-Xshare:"));
    }
}
