// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.furtherlink;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.migrate.ChannelLink;
import org.xenjava.toolstack.migrate.FurtherLinks;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationToken;

/**
 * Accepts the further links of one migration at a socket. Each link first shows the token of the migration. A thread of its own
 * examines it, so that a link on which nothing arrives delays no other one.
 */
final class FurtherLinkServer implements Closeable {
    /** Links that are examined at once: those of two attempts of a sender with 16 links. More are closed. */
    static final int MOST_EXAMINED = 32;

    private static final Logger LOG = LoggerFactory.getLogger(FurtherLinkServer.class);

    /** The longest wait for the token, which a process on this host sends at once. */
    private static final Duration TOKEN_LIMIT = Duration.ofSeconds(10);

    /** The pause after a failure that may last, such as a lack of file descriptors. */
    private static final Duration PAUSE = Duration.ofMillis(200);

    private static final int CLOSE_SECONDS = 5;

    private final ServerSocketChannel server;
    private final MigrationToken token;
    private final Consumer<MigrationLink> taker;
    private final Set<SocketChannel> examined = ConcurrentHashMap.newKeySet();
    private final ExecutorService examinations = new ThreadPoolExecutor(
            0,
            MOST_EXAMINED,
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> daemon(work, "migration-further-link"));
    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(1, work -> daemon(work, "migration-further-link-limit"));
    private final Thread thread;

    private FurtherLinkServer(ServerSocketChannel server, MigrationToken token, Consumer<MigrationLink> taker) {
        this.server = server;
        this.token = token;
        this.taker = taker;
        timer.setRemoveOnCancelPolicy(true);
        thread = daemon(this::accept, "migration-further-links");
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Accepts links until it is closed.
     *
     * @param server a bound socket, which this object closes
     * @param token of the migration
     * @param taker takes each link that has shown the token, in a thread of its own, and closes it
     */
    static FurtherLinkServer start(ServerSocketChannel server, MigrationToken token, Consumer<MigrationLink> taker) {
        FurtherLinkServer started = new FurtherLinkServer(server, token, taker);
        started.thread.start();
        return started;
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                examine(server.accept());
            } catch (IOException e) {
                if (server.isOpen()) {
                    LOG.warn("a further link cannot arrive: {}", e.getMessage());
                    LockSupport.parkNanos(PAUSE.toNanos());
                }
            }
        }
    }

    private void examine(SocketChannel socket) {
        examined.add(socket);
        try {
            examinations.execute(() -> serve(socket));
        } catch (RejectedExecutionException e) {
            LOG.warn("a further link is closed: {} are examined already", MOST_EXAMINED);
            refuse(socket);
        } catch (RuntimeException | Error e) {
            LOG.warn("a further link is closed: no thread can examine it", e);
            refuse(socket);
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private void refuse(SocketChannel socket) {
        examined.remove(socket);
        close(socket);
    }

    private void serve(SocketChannel socket) {
        boolean taken = false;
        try {
            if (isOfMigration(socket)) {
                taker.accept(ChannelLink.of(socket, socket));
                taken = true;
            }
        } catch (IOException e) {
            LOG.debug("a further link ends before its token", e);
        } catch (RuntimeException e) {
            LOG.warn("a further link is closed", e);
        } finally {
            if (taken) {
                examined.remove(socket);
            } else {
                refuse(socket);
            }
        }
    }

    /** Reads the token. The sender of another migration is told that it cannot go on here. */
    private boolean isOfMigration(SocketChannel socket) throws IOException {
        Future<?> end = timer.schedule(() -> close(socket), TOKEN_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        try {
            ByteBuffer shown = ByteBuffer.allocate(MigrationToken.BYTES);
            while (shown.hasRemaining()) {
                if (socket.read(shown) < 0) {
                    return false;
                }
            }
            boolean same = MigrationToken.of(shown.array()).equals(token);
            if (!same) {
                LOG.warn("a further link of another migration is refused");
                FurtherLinks.refuse(ChannelLink.of(socket, socket));
            }
            return same;
        } finally {
            end.cancel(false);
        }
    }

    private static void close(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("a further link cannot be closed", e);
        }
    }

    /** Accepts no more links, and closes those that are examined. */
    @Override
    public void close() throws IOException {
        server.close();
        try {
            thread.join();
            examinations.shutdown();
            examined.forEach(FurtherLinkServer::close);
            if (!examinations.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("the examination of a further link does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            examinations.shutdown();
            examined.forEach(FurtherLinkServer::close);
            timer.shutdownNow();
        }
    }
}
