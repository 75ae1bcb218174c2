// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A channel that takes everything at once, and passes it on after a time. Its end comes after that time, too. */
final class DelayLine implements WritableByteChannel {
    private static final int LONGEST_SECONDS = 60;

    private final WritableByteChannel out;
    private final BlockingQueue<Part> parts = new LinkedBlockingQueue<>();
    private Duration time = Duration.ZERO;
    private volatile boolean closed;

    DelayLine(WritableByteChannel out) {
        this.out = out;
    }

    /** @param content empty at the end */
    private record Part(ByteBuffer content, long due) {}

    void start(Duration delay) {
        time = delay;
        Thread thread = new Thread(this::passOn, "delay line");
        thread.setDaemon(true);
        thread.start();
    }

    private void passOn() {
        try (out) {
            boolean more = true;
            while (more) {
                Part part = parts.poll(LONGEST_SECONDS, TimeUnit.SECONDS);
                more = part != null && part.content().hasRemaining();
                if (more) {
                    LockSupport.parkNanos(part.due() - System.nanoTime());
                    while (part.content().hasRemaining()) {
                        out.write(part.content());
                    }
                }
            }
        } catch (IOException e) {
            closed = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        if (closed) {
            throw new ClosedChannelException();
        }
        int count = bytes.remaining();
        if (count > 0) {
            parts.add(new Part(ByteBuffer.allocate(count).put(bytes).flip(), System.nanoTime() + time.toNanos()));
        }
        return count;
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() {
        closed = true;
        parts.add(new Part(ByteBuffer.allocate(0), System.nanoTime()));
    }
}
