// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.migrate.MigrationLink;

/** A link on which no read and no write waits longer than a limit. One that does ends the link. */
final class TimedLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TimedLink.class);

    /** A part that the other end takes in much less than the limit. */
    private static final int PART = 1 << 20;

    private final MigrationLink link;
    private final Duration limit;
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, work -> {
        Thread thread = new Thread(work, "migration-limit");
        thread.setDaemon(true);
        return thread;
    });
    private volatile boolean expired;

    /** The next byte from the other end, or -1 for the end of the link, which a thread of its own reads. */
    private Optional<Future<Integer>> ahead = Optional.empty();

    TimedLink(MigrationLink link, Duration limit) {
        this.link = link;
        this.limit = limit;
        timer.setRemoveOnCancelPolicy(true);
    }

    /** A read or a write. */
    @FunctionalInterface
    private interface Transfer {
        int run() throws IOException;
    }

    private int within(Duration time, Transfer transfer) throws IOException {
        Future<?> end = expireAfter(time);
        try {
            int bytes = transfer.run();
            if (expired) {
                throw new SilentLinkException(time, null);
            }
            return bytes;
        } catch (IOException e) {
            throw expired ? new SilentLinkException(time, e) : e;
        } finally {
            end.cancel(false);
        }
    }

    private Future<?> expireAfter(Duration time) throws IOException {
        try {
            return timer.schedule(this::expire, time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            throw new IOException("the link is closed", e);
        }
    }

    private void expire() {
        expired = true;
        closeLink();
    }

    /** What comes from the other end. */
    ReadableByteChannel in() {
        return in(limit);
    }

    ReadableByteChannel in(Duration time) {
        return new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer into) throws IOException {
                return within(time, () -> TimedLink.this.read(into));
            }

            @Override
            public boolean isOpen() {
                return link.in().isOpen();
            }

            @Override
            public void close() {
                closeLink();
            }
        };
    }

    /** Reads, beginning with the byte that was read ahead. */
    private int read(ByteBuffer into) throws IOException {
        if (ahead.isEmpty() || !into.hasRemaining()) {
            return link.in().read(into);
        }
        int first = result(ahead.get());
        ahead = Optional.empty();
        if (first >= 0) {
            into.put((byte) first);
        }
        return first < 0 ? first : 1;
    }

    private static int result(Future<Integer> byteAhead) throws IOException {
        try {
            return byteAhead.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** The next byte from the other end, which stays to be read, or -1 for the end of the link; empty if none arrives in time. */
    OptionalInt firstWithin(Duration time) throws IOException {
        Future<Integer> first = ahead.orElseGet(this::readAhead);
        ahead = Optional.of(first);
        try {
            return OptionalInt.of(first.get(time.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return OptionalInt.empty();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private Future<Integer> readAhead() {
        FutureTask<Integer> first = new FutureTask<>(() -> {
            ByteBuffer one = ByteBuffer.allocate(1);
            return link.in().read(one) < 0 ? -1 : Byte.toUnsignedInt(one.get(0));
        });
        Thread thread = new Thread(first, "migration-answer");
        thread.setDaemon(true);
        thread.start();
        return first;
    }

    private static OperationCancelledException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new OperationCancelledException("a migration was interrupted", e);
    }

    /** The next read begins with a byte. */
    void pushBack(byte next) {
        ahead = Optional.of(CompletableFuture.completedFuture(Byte.toUnsignedInt(next)));
    }

    /** What goes to the other end. */
    WritableByteChannel out() {
        return out(limit);
    }

    WritableByteChannel out(Duration time) {
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer bytes) throws IOException {
                ByteBuffer part = bytes.slice(bytes.position(), Math.min(PART, bytes.remaining()));
                int written = within(time, () -> link.out().write(part));
                bytes.position(bytes.position() + written);
                return written;
            }

            @Override
            public boolean isOpen() {
                return link.out().isOpen();
            }

            @Override
            public void close() {
                closeLink();
            }
        };
    }

    /** Ends the link, from any thread: a read or a write that waits fails. */
    void cut() {
        closeLink();
    }

    private void closeLink() {
        try {
            link.close();
        } catch (IOException e) {
            LOG.debug("the link of a migration cannot be closed", e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        closeLink();
    }
}
