// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.xenjava.toolstack.error.OperationCancelledException;

/** Links that together take no more than a number of bytes each second until the limit is lifted. */
final class SharedPace {
    /** Parts of a second. Less than one part is never sent ahead. */
    private static final int PARTS = 10;

    private final Time time;
    private volatile long limit;
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

    SharedPace(OptionalLong bytesPerSecond, Time time) {
        this.time = time;
        this.limit = bytesPerSecond.orElse(Long.MAX_VALUE);
        this.start = time.nanos();
    }

    /** From now on, the links take as much as they can. */
    void lift() {
        limit = Long.MAX_VALUE;
    }

    /** {@return the bytes that the links take each second at most} */
    long limit() {
        return limit;
    }

    /** {@return the time} */
    long nanos() {
        return time.nanos();
    }

    /** {@return a link that waits for its share; any thread may use it} */
    WritableByteChannel over(WritableByteChannel link) {
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer content) throws IOException {
                return SharedPace.this.write(content, link);
            }

            @Override
            public boolean isOpen() {
                return link.isOpen();
            }

            @Override
            public void close() throws IOException {
                link.close();
            }
        };
    }

    private int write(ByteBuffer content, WritableByteChannel link) throws IOException {
        long present = limit;
        if (present == Long.MAX_VALUE) {
            return link.write(content);
        }
        int size = (int) Math.min(content.remaining(), Math.max(1, present / PARTS));
        long wait = reserve(size, present);
        if (wait > 0) {
            time.sleep(wait);
        }
        int written = link.write(content.slice(content.position(), size));
        content.position(content.position() + written);
        giveBack(size - written);
        return written;
    }

    /** Takes a share; returns the time until the bytes before it are due. Time in which nothing was sent is not made up for. */
    private synchronized long reserve(int size, long present) {
        long second = TimeUnit.SECONDS.toNanos(1);
        long now = time.nanos();
        long wait = start + (long) ((double) bytes / present * second) - now;
        if (-wait > second / PARTS) {
            start = now;
            bytes = 0;
        }
        bytes += size;
        return wait;
    }

    private synchronized void giveBack(int size) {
        bytes -= size;
    }
}
