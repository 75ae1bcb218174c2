// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
