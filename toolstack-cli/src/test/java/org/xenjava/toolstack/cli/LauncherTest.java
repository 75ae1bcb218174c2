// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
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
    /** The class without which a training has not loaded the classes of a migration. */
    private static final String ARRIVALS = "org/xenjava/toolstack/create/Arrivals";

    private static final String JAVA =
            """
            #!/bin/sh
            echo "$*" >>"${0%/*}/calls"
            for option in "$@"; do
                case $option in
                    -XX:DumpLoadedClassList=*)
                        list=${option#*=}
                        echo "# a comment" >"$list"
                        echo "@lambda-proxy java/lang/Object run" >>"$list"
                        echo "java/lang/Object id: $$" >>"$list"
                        echo "other/Loaders id: 1$$ super: $$ source: other.jar" >>"$list" ;;
                    rehearse) if [ -z "$NO_REHEARSAL" ]; then echo CLASS >>"$list"; else rm "$list"; fi ;;
                    -XX:SharedClassListFile=*) cp "${option#*=}" "${0%/*}/classes" ;;
                    -XX:SharedArchiveFile=*/archive) [ -z "$NO_DUMP" ] || exit 1; echo data >"${option#*=}" ;;
                esac
            done
            echo ran
            """
                    .replace("CLASS", ARRIVALS);

    @TempDir
    Path installation;

    @BeforeEach
    void install() throws IOException {
        Path program = Files.createDirectories(installation.resolve("bin")).resolve("xlj");
        Files.copy(Path.of("../bin/xlj"), program);
        Files.copy(Path.of("../bin/xlj-client"), program.resolveSibling("xlj-client"));
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

    /** Standard output is the link of a migration. */
    @Test
    void javaPrintsItsOwnOutputToStandardError() throws IOException, InterruptedException {
        assertEquals("ran\n", run(Map.of("XLJ_ARCHIVE", "none"), "migrate-receive"));
        List<String> call = calls("migrate-receive");
        assertEquals(1, call.size());
        assertTrue(call.get(0).contains("-XX:+DisplayVMOutputToStderr "), call.get(0));
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
                List.of("java/lang/Object", ARRIVALS, "@lambda-proxy java/lang/Object run"),
                Files.readAllLines(installation.resolve("java/bin/classes")));
        assertTrue(Files.exists(installation.resolve("lib/xlj.jsa")));
    }

    @Test
    void aTrainingWithoutTheClassesOfAMigrationMakesNoArchive() throws IOException, InterruptedException {
        run(Map.of(), "--make-archive");
        Process process = start(Map.of("NO_REHEARSAL", "yes"), "--make-archive");
        String error = new String(process.getInputStream().readAllBytes());
        assertEquals(1, process.waitFor());
        assertTrue(error.contains("xlj rehearse has not loaded the classes of a migration"), error);
        assertEquals(1, calls("-Xshare:dump").size());
        assertFalse(Files.exists(installation.resolve("lib/xlj.jsa")));
    }

    @Test
    void theClassThatEachTrainingOfACreateLoadsExists() throws IOException {
        assertTrue(Files.readString(Path.of("../bin/xlj")).contains("'^" + ARRIVALS));
        assertNotNull(LauncherTest.class.getResource("/" + ARRIVALS + ".class"));
    }

    @Test
    void aDirectoryInWhichNothingCanBeCreatedKeepsNoCommandFromRunning() throws IOException, InterruptedException {
        assertEquals("ran\n", run(Map.of("XLJ_ARCHIVE", "/proc/xlj.jsa"), "list"));
        assertEquals("ran\n", run(Map.of("XLJ_ARCHIVE", "/nonexistent/xlj.jsa"), "list"));
    }

    /** Answers one command as {@code xlj serve} does, and returns the fields that the launcher has sent. */
    private static List<String> answer(ServerSocketChannel server, String answer) throws IOException {
        try (SocketChannel caller = server.accept()) {
            caller.write(ByteBuffer.wrap("r\0\0\0\0".getBytes()));
            DataInputStream in = new DataInputStream(Channels.newInputStream(caller));
            List<String> fields = List.of(new String(in.readNBytes(in.readInt())).split("\0"));
            caller.write(ByteBuffer.wrap(answer.getBytes()));
            return fields;
        }
    }

    @Test
    void aResidentProcessRunsTheCommandIfThereIsOne() throws IOException, InterruptedException {
        // Else a command makes it in the background.
        run(Map.of(), "--make-archive");
        Path socket = installation.resolve("serve.sock");
        Map<String, String> environment = Map.of("XLJ_SOCKET", socket.toString(), "TERM", "dumb");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            Process served = start(environment, "list", "a guest");
            List<String> fields = answer(server, "o\0\0\0\5hellox\0\0\0\1" + 7);
            assertEquals("hello", new String(served.getInputStream().readAllBytes()));
            assertEquals(7, served.waitFor());
            Path jar = installation.resolve("bin/../lib/xlj.jar");
            assertTrue(Files.isSameFile(jar, Path.of(fields.get(0))), fields.get(0));
            assertEquals(List.of("", "dumb", "", "list", "a guest"), fields.subList(4, fields.size()));

            Process refused = start(environment, "console", "a guest");
            answer(server, "n\0\0\0\0");
            assertEquals("ran\n", output(refused));
            assertEquals(1, calls("console a guest").size());
        }
        // The socket is left, as by a process that was killed.
        assertEquals("ran\n", run(environment, "uptime"));
        assertEquals("ran\n", run(Map.of("XLJ_SOCKET", socket.toString(), "XLJ_JAVA_OPTS", "-Xmx1g"), "info"));
    }

    @Test
    void aSourceTreeMakesNoArchiveByItself() throws IOException, InterruptedException {
        Files.createDirectories(installation.resolve("toolstack-cli/target"));
        Files.writeString(installation.resolve("toolstack-cli/target/xlj.jar"), "a jar");
        run(Map.of(), "list");
        assertEquals(List.of(), calls("-Xshare:"));
    }
}
