// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TlsListenerTest {
    /** The header of a record with 16 KiB of a handshake of TLS. */
    private static final byte[] BEGINNING = {0x16, 3, 1, 0x40, 0};

    private static final int PATIENCE_MILLIS = 10_000;

    private static TlsListener listener(Duration limit) throws IOException, NoSuchAlgorithmException {
        return TlsListener.open(
                new InetSocketAddress("localhost", 0), SSLContext.getDefault(), (uuid, name) -> Presence.ABSENT, limit);
    }

    private static Socket connect(TlsListener listener) throws IOException {
        return new Socket("localhost", listener.address().getPort());
    }

    private static void drip(Socket socket) throws IOException {
        socket.getOutputStream().write(BEGINNING);
        for (; ; ) {
            socket.getOutputStream().write(0);
            assertTrue(socket.getInputStream().available() >= 0);
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError("the connection stays open", e);
            }
        }
    }

    @Test
    void aConnectionWhoseBytesComeOneByOneIsClosedAfterTheLimit() throws IOException, NoSuchAlgorithmException {
        try (TlsListener listener = listener(Duration.ofMillis(300));
                Socket socket = connect(listener)) {
            assertThrows(IOException.class, () -> drip(socket));
        }
    }

    /** Whether the other end closes the connection, rather than waiting for bytes. */
    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout(PATIENCE_MILLIS);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    @Test
    void aClosedListenerClosesTheConnectionsThatItExamines() throws IOException, NoSuchAlgorithmException {
        TlsListener listener = listener(Duration.ofHours(1));
        try (listener;
                Socket socket = connect(listener)) {
            socket.getOutputStream().write(BEGINNING);
            listener.close();
            assertTrue(isClosed(socket));
        }
    }

    @Test
    void oneConnectionMoreThanCanBeExaminedIsClosedAtOnce() throws IOException, NoSuchAlgorithmException {
        List<Socket> sockets = new ArrayList<>();
        try (TlsListener listener = listener(Duration.ofHours(1))) {
            for (int i = 0; i < TlsListener.MOST_CONNECTIONS; i++) {
                sockets.add(connect(listener));
            }
            try (Socket oneMore = connect(listener)) {
                assertTrue(isClosed(oneMore));
            }
            for (Socket socket : sockets) {
                assertEquals(0, socket.getInputStream().available());
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void aQuestionToAnEndWhoseBytesComeOneByOneEndsAfterTheLimit() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            FutureTask<Boolean> dripping = new FutureTask<>(() -> {
                try (Socket socket = server.accept()) {
                    assertThrows(IOException.class, () -> drip(socket));
                }
                return true;
            });
            Thread thread = new Thread(dripping);
            thread.start();
            TlsTarget target = new TlsTarget(
                    new InetSocketAddress(server.getInetAddress(), server.getLocalPort()),
                    SSLContext.getDefault(),
                    Duration.ofMillis(300));
            assertThrows(IOException.class, () -> target.presence(new UUID(0, 1), "web"));
            assertTrue(dripping.get());
            thread.join();
        }
    }
}
