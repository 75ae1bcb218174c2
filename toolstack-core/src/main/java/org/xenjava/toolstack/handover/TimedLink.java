// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
        Future<?> end = timer.schedule(this::expire, time.toMillis(), TimeUnit.MILLISECONDS);
        try {
            int bytes = transfer.run();
            if (expired) {
                throw late(time, null);
            }
            return bytes;
        } catch (IOException e) {
            throw expired ? late(time, e) : e;
        } finally {
            end.cancel(false);
        }
    }

    private static IOException late(Duration time, @org.jspecify.annotations.Nullable IOException cause) {
        return new IOException("the other end did nothing for " + time.toSeconds() + " s", cause);
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
                return within(time, () -> link.in().read(into));
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

    /** What goes to the other end. */
    WritableByteChannel out() {
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer bytes) throws IOException {
                ByteBuffer part = bytes.slice(bytes.position(), Math.min(PART, bytes.remaining()));
                int written = within(limit, () -> link.out().write(part));
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
