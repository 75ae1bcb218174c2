// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for migrations over TLS 1.3 from {@link TlsTarget}, and answers the question where a guest is. Each end shows a
 * certificate that the other one trusts. {@code Toolstack.listen} opens a listener:
 *
 * <pre>{@code
 * try (TlsListener listener = toolstack.listen(new InetSocketAddress(8002), context)) {
 *     toolstack.receive(listener.accept(), ReceivedStart.RUNNING, CreateListener.NONE, new Cancellation());
 * }
 * }</pre>
 */
public final class TlsListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TlsListener.class);

    /** Connections that are examined at once; each has a limit of seconds. Others are closed. */
    static final int MOST_CONNECTIONS = 16;

    /** Migrations that wait for {@link #accept}. Others are closed. */
    static final int MOST_WAITING = 4;

    private static final int MOST_NAME_BYTES = 4096;
    private static final int CLOSE_SECONDS = 20;

    /** The longest examination of a connection, in which the TLS of a busy host takes seconds. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** The pause after a failure that may last, such as a lack of file descriptors. */
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final ServerSocket server;
    private final SSLContext context;
    private final BiFunction<UUID, String, Presence> presence;
    private final Duration limit;
    private final BlockingQueue<TlsLink> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Set<Socket> examined = ConcurrentHashMap.newKeySet();
    private final ExecutorService connections = new ThreadPoolExecutor(
            0,
            MOST_CONNECTIONS,
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> daemon(work, "migration-connection"));
    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(1, work -> daemon(work, "migration-connection-limit"));
    private final Thread thread;

    /** The migrations that further links may continue. */
    private final Map<MigrationToken, Consumer<MigrationLink>> continued = new ConcurrentHashMap<>();

    private TlsListener(
            ServerSocket server, SSLContext context, BiFunction<UUID, String, Presence> presence, Duration limit) {
        this.server = server;
        this.context = context;
        this.presence = presence;
        this.limit = limit;
        timer.setRemoveOnCancelPolicy(true);
        thread = daemon(this::listen, "migration-listener");
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Opens a listener.
     *
     * @param address the address; port 0 for any free one
     * @param context has the certificate of this end, and trusts those of the other ones
     * @param presence answers whether this host has a guest, from its UUID and its name
     * @return the listener; the caller closes it
     * @throws IOException if the address is not available
     */
    public static TlsListener open(
            InetSocketAddress address, SSLContext context, BiFunction<UUID, String, Presence> presence)
            throws IOException {
        return open(address, context, presence, LIMIT);
    }

    /** @param limit the longest examination of a connection */
    static TlsListener open(
            InetSocketAddress address, SSLContext context, BiFunction<UUID, String, Presence> presence, Duration limit)
            throws IOException {
        ServerSocket server = new ServerSocket();
        boolean bound = false;
        try {
            server.bind(address);
            bound = true;
        } finally {
            if (!bound) {
                server.close();
            }
        }
        TlsListener listener = new TlsListener(server, context, presence, limit);
        listener.thread.start();
        return listener;
    }

    /** {@return the address of the listener} */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    /**
     * Waits for a migration.
     *
     * @return the link to the sender, for {@code Toolstack.receive}
     * @throws IOException if the listener was closed
     * @throws InterruptedException if the thread is interrupted
     */
    public MigrationLink accept() throws IOException, InterruptedException {
        while (!server.isClosed()) {
            TlsLink link = waiting.poll(1, TimeUnit.SECONDS);
            if (link != null) {
                return link;
            }
        }
        throw new IOException("the listener for migrations was closed");
    }

    private void listen() {
        while (!server.isClosed()) {
            try {
                examine(server.accept());
            } catch (IOException e) {
                if (!server.isClosed()) {
                    LOG.warn("a connection for a migration failed: {}", e.getMessage());
                    LockSupport.parkNanos(PAUSE.toNanos());
                }
            }
        }
    }

    private void examine(Socket socket) {
        try {
            connections.execute(() -> serve(socket));
        } catch (RejectedExecutionException e) {
            LOG.warn("a connection from {} is closed: too many at once", socket.getRemoteSocketAddress());
            close(socket);
        } catch (RuntimeException | Error e) {
            LOG.warn("a connection from {} is closed: no thread can serve it", socket.getRemoteSocketAddress(), e);
            close(socket);
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** The limit of each read does not end a connection whose bytes come one by one. */
    private void serve(Socket socket) {
        boolean kept = false;
        examined.add(socket);
        try {
            Future<?> end = timer.schedule(() -> close(socket), limit.toMillis(), TimeUnit.MILLISECONDS);
            try {
                kept = isKept(socket, end);
            } finally {
                end.cancel(false);
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("a connection from {} is closed: {}", socket.getRemoteSocketAddress(), e.getMessage());
        } finally {
            examined.remove(socket);
            if (!kept) {
                close(socket);
            }
        }
    }

    private Closeable open(MigrationToken token, Consumer<MigrationLink> taker) {
        continued.put(token, taker);
        return () -> continued.remove(token, taker);
    }

    /** Gives a link to the migration that it continues. The sender of another one is told that it cannot. */
    private boolean continues(TlsLink link, DataInputStream input, Future<?> end) throws IOException {
        byte[] token = new byte[MigrationToken.BYTES];
        input.readFully(token);
        Optional<Consumer<MigrationLink>> taker = Optional.ofNullable(continued.get(MigrationToken.of(token)));
        if (taker.isEmpty()) {
            FurtherLinks.refuse(link);
            return false;
        }
        boolean inTime = end.cancel(false);
        if (inTime) {
            taker.get().accept(link.unlimited());
        }
        return inTime;
    }

    /** Answers a question, or keeps a migration for {@link #accept}. */
    private boolean isKept(Socket socket, Future<?> end) throws IOException {
        TlsLink link = TlsLink.accepted(socket, context);
        DataInputStream input = link.input();
        int request = input.readUnsignedByte();
        if (request == TlsLink.QUESTION) {
            link.output().write(answer(input).ordinal());
        }
        if (request == TlsLink.FURTHER) {
            return continues(link, input, end);
        }
        boolean waits = request == TlsLink.MIGRATION
                && end.cancel(false)
                && waiting.offer(link.unlimited().followedBy(this::open));
        // close() may have looked at the links that wait before this one was there.
        return waits && (!server.isClosed() || !waiting.remove(link));
    }

    private Presence answer(DataInputStream input) throws IOException {
        UUID uuid = new UUID(input.readLong(), input.readLong());
        byte[] name = new byte[Math.min(input.readUnsignedShort(), MOST_NAME_BYTES)];
        input.readFully(name);
        return presence.apply(uuid, new String(name, StandardCharsets.UTF_8));
    }

    private static void close(Closeable connection) {
        try {
            connection.close();
        } catch (IOException e) {
            LOG.debug("a connection cannot be closed", e);
        }
    }

    /** Closes the listener, the connections that it examines, and the links that nobody has accepted. */
    @Override
    public void close() throws IOException {
        try {
            server.close();
            thread.join();
            endConnections();
            if (!connections.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("a connection of the listener for migrations does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            endConnections();
            timer.shutdownNow();
            for (TlsLink link = waiting.poll(); link != null; link = waiting.poll()) {
                close(link::close);
            }
        }
    }

    private void endConnections() {
        connections.shutdown();
        examined.forEach(TlsListener::close);
    }
}
