// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.furtherlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationToken;
import org.xenjava.toolstack.stream.framed.Frame;
import org.xenjava.toolstack.stream.framed.FrameReader;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;
import org.xenjava.toolstack.stream.framed.Join;

/** The sockets by which further links reach a receiver. */
@Timeout(60)
class FurtherLinkSocketsTest {
    private static final int LIMIT_SECONDS = 30;

    @TempDir
    private Path parent;

    private final MigrationToken token = MigrationToken.random();
    private final BlockingQueue<MigrationLink> taken = new LinkedBlockingQueue<>();
    private final List<Closeable> opened = new ArrayList<>();
    private Path directory = Path.of("links");

    @BeforeEach
    void name() {
        directory = parent.resolve("links");
    }

    @AfterEach
    void end() throws IOException {
        for (Closeable each : opened) {
            each.close();
        }
        for (MigrationLink link : taken) {
            link.close();
        }
    }

    private Closeable receive(MigrationToken expected, Consumer<MigrationLink> taker) throws IOException {
        Closeable arrivals = FurtherLinkSockets.in(directory).orElseThrow().open(expected, taker);
        opened.add(arrivals);
        return arrivals;
    }

    private SocketChannel connect() {
        SocketChannel socket = FurtherLinkSockets.connect(directory, token).orElseThrow();
        opened.add(socket);
        return socket;
    }

    private Path socket(MigrationToken of) {
        return directory.resolve(of.name() + ".sock");
    }

    /** Connects as a process that does not know the token. */
    private SocketChannel connectShowing(MigrationToken shown) throws IOException {
        SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(socket(token)));
        opened.add(socket);
        socket.write(ByteBuffer.wrap(shown.bytes()));
        return socket;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(LIMIT_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** A socket that is closed before its token was read resets the connection. */
    private static boolean isEnded(SocketChannel socket) {
        try {
            return socket.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException e) {
            return true;
        }
    }

    /** With one thread for all links, the second one waits until the first one is examined. */
    @Test
    void aLinkOnWhichNothingArrivesDelaysNoOtherOne() throws IOException {
        CountDownLatch both = new CountDownLatch(2);
        receive(token, link -> {
            both.countDown();
            await(both);
            taken.add(link);
        });
        connect();
        connect();
        await(both);
    }

    @Test
    void aLinkBeyondTheBoundIsClosed() throws IOException {
        CountDownLatch examined = new CountDownLatch(FurtherLinkServer.MOST_EXAMINED);
        CountDownLatch end = new CountDownLatch(1);
        receive(token, link -> {
            examined.countDown();
            await(end);
            taken.add(link);
        });
        for (int link = 0; link < FurtherLinkServer.MOST_EXAMINED; link++) {
            connect();
        }
        await(examined);
        SocketChannel further = SocketChannel.open(UnixDomainSocketAddress.of(socket(token)));
        opened.add(further);
        assertTrue(isEnded(further));
        end.countDown();
    }

    @Test
    void aLinkOfAnotherMigrationIsRefusedBeforeItIsTaken() throws Exception {
        receive(token, taken::add);
        SocketChannel foreign = connectShowing(MigrationToken.random());
        new FrameWriter(foreign).write(FrameType.JOIN, new Join(1, 0).body());
        Frame answer = new FrameReader().next(foreign);
        assertEquals(FrameType.REFUSED, answer.type());
        assertTrue(taken.isEmpty());
        SocketChannel own = connect();
        own.write(ByteBuffer.wrap(new byte[] {7}));
        try (MigrationLink link = taken.poll(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            ByteBuffer first = ByteBuffer.allocate(1);
            link.in().read(first);
            assertEquals(7, first.get(0), "the token is no part of the link");
        }
    }

    @Test
    void theEndOfTheArrivalsClosesALinkWithoutAToken() throws IOException {
        Closeable arrivals = receive(token, taken::add);
        SocketChannel silent = SocketChannel.open(UnixDomainSocketAddress.of(socket(token)));
        opened.add(silent);
        arrivals.close();
        assertTrue(isEnded(silent));
        assertFalse(Files.exists(socket(token)));
    }

    @Test
    void aFurtherReceiverRemovesTheSocketsOfKilledOnesOnly() throws IOException {
        receive(token, taken::add);
        MigrationToken killed = MigrationToken.random();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket(killed)));
        }
        assertTrue(Files.exists(socket(killed)));
        MigrationToken further = MigrationToken.random();
        receive(further, taken::add);
        assertEquals(Stream.of(socket(token), socket(further)).sorted().toList(), sockets());
        assertTrue(taken.isEmpty());
    }

    @Test
    void aSocketThatAReceiverIsAboutToMakeStaysForAMinute() throws IOException {
        receive(token, taken::add);
        Path begun = Files.createFile(socket(token).resolveSibling("begun.new"));
        Path left = Files.createFile(socket(token).resolveSibling("left.new"));
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minusSeconds(61)));
        receive(MigrationToken.random(), taken::add);
        assertTrue(Files.exists(begun));
        assertFalse(Files.exists(left));
    }

    private List<Path> sockets() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
