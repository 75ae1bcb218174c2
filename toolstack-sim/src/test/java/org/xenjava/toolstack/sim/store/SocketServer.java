// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.xenjava.toolstack.xenctrl.lib.wire.WireTransport;

/** Serves a simulated xenstored on a Unix socket, with a thread for each connection. */
final class SocketServer {
    private final Path path;
    private final XenStored daemon = new XenStored(new ReentrantLock(), new XenStored.DomainLink() {
        @Override
        public void connect(int domid, int port) {}

        @Override
        public void disconnect(int domid) {}
    });
    private final List<SocketChannel> clients = new CopyOnWriteArrayList<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private ServerSocketChannel server;
    private boolean stopped;

    SocketServer(Path path) throws IOException {
        this.path = path;
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    }

    int accepted() {
        return accepted.get();
    }

    void start() throws IOException {
        if (stopped) {
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            daemon.start();
        }
        Files.deleteIfExists(path);
        server.bind(UnixDomainSocketAddress.of(path));
        ServerSocketChannel listening = server;
        thread(() -> {
            while (true) {
                SocketChannel client = listening.accept();
                clients.add(client);
                accepted.incrementAndGet();
                thread(() -> serve(client));
            }
        });
    }

    /** Stops as a crash does: the socket's file stays. */
    void stop() throws IOException {
        server.close();
        for (SocketChannel client : clients) {
            client.close();
        }
        clients.clear();
        if (!stopped) {
            stopped = true;
            daemon.stop();
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void thread(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // The channel was closed.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(SocketChannel client) throws IOException {
        WireTransport connection = daemon.accept(new WireTransport.Receiver() {
            @Override
            public synchronized void received(ByteBuffer bytes) {
                try {
                    while (bytes.hasRemaining()) {
                        client.write(bytes);
                    }
                } catch (IOException e) {
                    // The client is gone.
                }
            }

            @Override
            public void lost(IOException reason) {
                // stop() closes the channel.
            }
        });
        try (connection) {
            ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
            while (client.read(bytes) >= 0) {
                connection.send(bytes.flip());
                bytes.clear();
            }
        }
    }
}
