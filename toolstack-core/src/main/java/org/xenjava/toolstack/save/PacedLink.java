// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.xenjava.toolstack.error.OperationCancelledException;

/** A link that takes no more than a number of bytes each second until the limit is lifted. */
final class PacedLink implements WritableByteChannel {
    /** Parts of a second. Less than one part is never sent ahead. */
    private static final int PARTS = 10;

    private final WritableByteChannel link;
    private final Time time;
    private long limit;
    private long start;
    private long bytes;

    /** Reads the time and waits. */
    interface Time {
        Time SYSTEM = new Time() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void sleep(long nanos) {
                try {
                    TimeUnit.NANOSECONDS.sleep(nanos);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new OperationCancelledException("a migration was interrupted", e);
                }
            }
        };

        long nanos();

        void sleep(long nanos);
    }

    PacedLink(WritableByteChannel link, OptionalLong bytesPerSecond, Time time) {
        this.link = link;
        this.time = time;
        this.limit = bytesPerSecond.orElse(Long.MAX_VALUE);
        this.start = time.nanos();
    }

    /** From now on, the link takes as much as it can. */
    void lift() {
        limit = Long.MAX_VALUE;
    }

    /** {@return the bytes that the link takes each second at most} */
    long limit() {
        return limit;
    }

    /** {@return the time} */
    long nanos() {
        return time.nanos();
    }

    @Override
    public int write(ByteBuffer content) throws IOException {
        if (limit == Long.MAX_VALUE) {
            return link.write(content);
        }
        holdBack();
        int size = (int) Math.min(content.remaining(), Math.max(1, limit / PARTS));
        int written = link.write(content.slice(content.position(), size));
        content.position(content.position() + written);
        bytes += written;
        return written;
    }

    /** Waits until the bytes sent so far are due. Time in which nothing was sent is not made up for. */
    private void holdBack() {
        long second = TimeUnit.SECONDS.toNanos(1);
        long due = start + (long) ((double) bytes / limit * second);
        long wait = due - time.nanos();
        if (wait > 0) {
            time.sleep(wait);
        } else if (-wait > second / PARTS) {
            start = time.nanos();
            bytes = 0;
        }
    }

    @Override
    public boolean isOpen() {
        return link.isOpen();
    }

    @Override
    public void close() throws IOException {
        link.close();
    }
}
