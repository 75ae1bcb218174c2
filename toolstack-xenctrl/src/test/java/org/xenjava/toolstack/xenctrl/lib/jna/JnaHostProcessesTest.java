// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostProcesses;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection.FileAccess;
import org.xenjava.toolstack.xenctrl.lib.ProcessPin;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

@Timeout(30)
class JnaHostProcessesTest {
    private static final int SIGKILL = 9;

    private final HostProcesses host = JnaHostProcesses.open();

    @TempDir
    private Path directory = Path.of("/");

    @Test
    void aPinnedProcessIsSignalledAndItsEndAwaited() throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        try (ProcessPin pin = host.pin(process.pid())) {
            pin.signal(SIGKILL);
            pin.awaitExit();
            assertTrue(process.waitFor(10, TimeUnit.SECONDS));
            pin.signal(SIGKILL);
        }
    }

    private static final String TELL =
            """
            echo "$XEN_DOMAIN_ID" >&2
            echo "$PATH"
            ls /proc/$$/fd
            readlink /proc/$$/fd/0
            sed 's/.*) //' /proc/$$/stat
            exec grep SigBlk /proc/self/status
            """;

    /** Waits for the end of the reader, which is the end of what the program printed. */
    private List<String> printed(List<String> program) throws Exception {
        Path output = directory.resolve("output");
        Path end = directory.resolve("end");
        long pid = host.startPiped(
                program,
                "XEN_DOMAIN_ID=7",
                List.of(
                        "sh",
                        "-c",
                        "ls /proc/self/fd >\"$2\"; cat >\"$1\"; mv \"$2\" \"$3\"",
                        "reader",
                        output.toString(),
                        directory.resolve("files").toString(),
                        end.toString()));
        while (!Files.exists(end)) {
            Thread.sleep(5);
        }
        awaitNone(pid);
        return Files.readAllLines(output);
    }

    /** Waits until the kernel has forgotten a child. */
    private void awaitNone(long pid) throws InterruptedException {
        try {
            while (true) {
                host.pin(pid).close();
                Thread.sleep(5);
            }
        } catch (XenLibException e) {
            assertEquals(Errno.ESRCH, e.errno());
        }
    }

    @Test
    void aProgramAndItsReaderHaveNothingOfThisProcessButItsEnvironment() throws Exception {
        // A file that Java opens without closing it on exec.
        try (RandomAccessFile open =
                new RandomAccessFile(directory.resolve("secret").toFile(), "rw")) {
            List<String> lines = printed(List.of("sh", "-c", TELL));
            assertTrue(open.getFD().valid());
            assertEquals(List.of("7", System.getenv("PATH"), "0", "1", "2", "/dev/null"), lines.subList(0, 6));
            String[] stat = lines.get(6).split(" ");
            // State, parent, process group, session.
            assertEquals(Long.toString(ProcessHandle.current().pid()), stat[1]);
            assertEquals(stat[2], stat[3], "the program leads its session");
            assertNotEquals(sessionOfThisProcess(), stat[3]);
            assertEquals("SigBlk:\t0000000000000000", lines.get(7));
        }
        // The last one is the directory that ls reads.
        assertEquals(List.of("0", "1", "2", "3"), Files.readAllLines(directory.resolve("end")));
    }

    private static String sessionOfThisProcess() throws IOException {
        return Files.readString(Path.of("/proc/self/stat"))
                .replaceFirst(".*\\) ", "")
                .split(" ")[3];
    }

    @Test
    void wordsReachTheProgramAsTheyAre() throws Exception {
        assertEquals(
                List.of("a b", "", "$HOME", "'\"\\"), printed(List.of("printf", "%s\\n", "a b", "", "$HOME", "'\"\\")));
    }

    @Test
    void aProgramThatIsNotThereIsReportedAndItsReaderEnds() throws Exception {
        Path end = directory.resolve("end");
        List<String> reader = List.of("sh", "-c", "cat; touch \"$1\"", "reader", end.toString());
        XenLibException e =
                assertThrows(XenLibException.class, () -> host.startPiped(List.of("/nonexistent/qemu"), "A=1", reader));
        assertEquals(Errno.ENOENT, e.errno());
        while (!Files.exists(end)) {
            Thread.sleep(5);
        }
    }

    @Test
    void aWordThatWouldBeCutOffIsRefused() {
        XenLibException e = assertThrows(
                XenLibException.class, () -> host.startPiped(List.of("echo", "a\0b"), "A=1", List.of("cat")));
        assertEquals(Errno.EINVAL, e.errno());
    }

    @Test
    void anUnusedPidCannotBePinned() {
        XenLibException e = assertThrows(XenLibException.class, () -> host.pin(4_194_305));

        assertEquals(Errno.ESRCH, e.errno());
    }

    /** The pipe holds 64 KiB, and nobody reads it. */
    @Test
    void aFullPipeDoesNotStopAProcessWhoseOutputMayBeDropped() throws Exception {
        Process process = new ProcessBuilder(
                        "sh", "-c", "read line; head -c 1000000 /dev/zero; touch " + directory.resolve("done"))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (ProcessPin pin = host.pin(process.pid())) {
            pin.dropOutputWhenFull();
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();

            assertTrue(process.waitFor(20, TimeUnit.SECONDS));
            assertTrue(Files.exists(directory.resolve("done")));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void bytesAreSentWithAFileAndReceived() throws Exception {
        Path socket = directory.resolve("socket");
        Path file = Files.writeString(directory.resolve("file"), "content");
        byte[] question = "question".getBytes(StandardCharsets.US_ASCII);
        try (ServerSocketChannel server =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket))) {
            try (LocalConnection connection = host.connect(socket);
                    SocketChannel peer = server.accept()) {
                connection.send(question, file, FileAccess.READ_ONLY);
                ByteBuffer got = ByteBuffer.allocate(question.length);
                while (got.hasRemaining()) {
                    peer.read(got);
                }
                assertArrayEquals(question, got.array());

                byte[] buffer = new byte[100];
                assertEquals(0, connection.receive(buffer, Duration.ofMillis(1)));
                peer.write(ByteBuffer.wrap(question));
                assertEquals(question.length, connection.receive(buffer, Duration.ofSeconds(10)));
                assertArrayEquals(question, Arrays.copyOf(buffer, question.length));

                Path missing = directory.resolve("missing");
                XenLibException e = assertThrows(
                        XenLibException.class, () -> connection.send(question, missing, FileAccess.READ_ONLY));
                assertEquals(Errno.ENOENT, e.errno());

                peer.shutdownOutput();
                assertEquals(-1, connection.receive(buffer, Duration.ofSeconds(10)));
            }
        }
    }

    @Test
    void aSocketThatNobodyServesIsRefused() {
        XenLibException e = assertThrows(XenLibException.class, () -> host.connect(directory.resolve("none")));

        assertEquals(Errno.ENOENT, e.errno());
    }
}
