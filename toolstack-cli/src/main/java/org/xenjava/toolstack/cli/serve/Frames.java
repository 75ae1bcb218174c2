// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers to a caller: each has a letter, the length of its content in four bytes, the highest first, and the content.
 * Safe to use from many threads.
 */
final class Frames {
    private static final Logger LOG = LoggerFactory.getLogger(Frames.class);

    private static final int HEADER = 5;

    /** A caller that has read nothing for that long counts as one that does not read. */
    private static final Duration STUCK = Duration.ofSeconds(5);

    private final SocketChannel channel;
    private final ReentrantLock sending = new ReentrantLock();

    /** The time when the present frame was begun; empty between frames. */
    private volatile Optional<Long> sendingSince = Optional.empty();

    Frames(SocketChannel channel) {
        this.channel = channel;
    }

    /** Tells the caller that a request can be sent. */
    void ready() throws IOException {
        send('r');
    }

    /** Tells the caller to run the command in a process of its own; nothing was done. */
    void refuse() throws IOException {
        send('n');
    }

    /** Tells the caller the command's exit status. */
    void end(int status) throws IOException {
        send('x', Integer.toString(status).getBytes(StandardCharsets.US_ASCII));
    }

    OutputStream out() {
        return stream('o');
    }

    OutputStream err() {
        return stream('e');
    }

    /**
     * Interrupts a thread, but not while it sends: that would close the connection. A connection whose caller does not
     * read is closed.
     */
    void interrupt(Thread thread) {
        boolean locked = false;
        try {
            locked = sending.tryLock(STUCK.toMillis(), TimeUnit.MILLISECONDS);
            if (!locked) {
                channel.close();
            }
        } catch (IOException e) {
            LOG.debug("a connection is not closed: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
        if (locked) {
            sending.unlock();
        }
    }

    /** Whether a frame is not read by the caller. */
    boolean isStuck() {
        return sendingSince
                .filter(since -> System.nanoTime() - since > STUCK.toNanos())
                .isPresent();
    }

    private void send(char letter, byte... content) throws IOException {
        send(letter, content, 0, content.length);
    }

    private void send(char letter, byte[] content, int from, int length) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(HEADER + length)
                .put((byte) letter)
                .putInt(length)
                .put(content, from, length)
                .flip();
        sending.lock();
        // An interrupt of the command is not for its output.
        boolean interrupted = Thread.interrupted();
        sendingSince = Optional.of(System.nanoTime());
        try {
            while (frame.hasRemaining()) {
                channel.write(frame);
            }
        } finally {
            sendingSince = Optional.empty();
            sending.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private OutputStream stream(char letter) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                send(letter, (byte) b);
            }

            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                send(letter, bytes, from, length);
            }
        };
    }
}
