// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntToLongFunction;

/** Passes TCP connections on to another port of this host, and cuts some of them. */
final class CuttingProxy implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final int port;
    private final IntToLongFunction lengths;
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    /**
     * @param port the port
     * @param lengths bytes from the client after which a connection is cut, by its number from 0
     */
    CuttingProxy(int port, IntToLongFunction lengths) throws IOException {
        this.port = port;
        this.lengths = lengths;
        start(this::listen);
    }

    private void start(Runnable work) {
        Thread thread = new Thread(work, "proxy");
        threads.add(thread);
        thread.start();
    }

    InetSocketAddress address() {
        return new InetSocketAddress("localhost", server.getLocalPort());
    }

    /** The connections so far. */
    int connections() {
        return connections.get();
    }

    private void listen() {
        try {
            while (!server.isClosed()) {
                Socket client = server.accept();
                Socket target = new Socket(InetAddress.getLoopbackAddress(), port);
                sockets.addAll(List.of(client, target));
                long length = lengths.applyAsLong(connections.getAndIncrement());
                start(() -> pass(client, target, length));
                start(() -> pass(target, client, Long.MAX_VALUE));
            }
        } catch (IOException e) {
            // The proxy was closed.
        }
    }

    private static void pass(Socket from, Socket to, long length) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] part = new byte[1 << 16];
            long left = length;
            int read = in.read(part);
            while (read >= 0 && left > 0) {
                out.write(part, 0, (int) Math.min(read, left));
                left -= read;
                read = in.read(part);
            }
        } catch (IOException e) {
            // One end has closed the connection.
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        for (Thread thread : threads) {
            join(thread);
        }
    }
}
