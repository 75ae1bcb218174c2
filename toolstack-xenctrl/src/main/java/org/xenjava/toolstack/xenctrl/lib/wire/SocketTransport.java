// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection through xenstored's socket. A daemon thread receives; senders write themselves, and leave to that
 * thread what the socket does not take at once. The channel does not block, since a blocking one is closed when a
 * thread that uses it is interrupted.
 */
final class SocketTransport implements WireTransport {
    private static final Logger LOG = LoggerFactory.getLogger(SocketTransport.class);
    private static final int RECEIVE_BYTES = 1 << 16;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final Receiver receiver;
    private final Deque<ByteBuffer> unsent = new ArrayDeque<>();
    private volatile boolean closed;

    /**
     * Takes over a connected channel.
     *
     * @throws IOException if it cannot be made non-blocking
     */
    SocketTransport(SocketChannel channel, Receiver receiver) throws IOException {
        this.channel = channel;
        this.receiver = receiver;
        channel.configureBlocking(false);
        selector = Selector.open();
        key = channel.register(selector, SelectionKey.OP_READ);
    }

    /** Starts to receive. */
    SocketTransport start() {
        Thread thread = new Thread(this::run, "xenstore-receiver");
        thread.setDaemon(true);
        thread.start();
        return this;
    }

    @Override
    public void send(ByteBuffer bytes) throws IOException {
        synchronized (unsent) {
            if (unsent.isEmpty()) {
                channel.write(bytes);
            }
            if (bytes.hasRemaining()) {
                ByteBuffer rest =
                        ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
                unsent.add(rest);
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                selector.wakeup();
            }
        }
    }

    private void sendRest() throws IOException {
        synchronized (unsent) {
            while (!unsent.isEmpty()) {
                channel.write(unsent.element());
                if (unsent.element().hasRemaining()) {
                    return;
                }
                unsent.remove();
            }
            key.interestOps(SelectionKey.OP_READ);
        }
    }

    private void run() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(RECEIVE_BYTES);
        try {
            while (!closed) {
                selector.select();
                if (closed) {
                    break;
                }
                if (key.isWritable()) {
                    sendRest();
                }
                if (key.isReadable()) {
                    receive(bytes);
                }
            }
        } catch (IOException | RuntimeException e) {
            if (!closed) {
                receiver.lost(e instanceof IOException failure ? failure : new IOException(e));
            }
        } finally {
            release();
        }
    }

    private void receive(ByteBuffer bytes) throws IOException {
        bytes.clear();
        int count = channel.read(bytes);
        if (count < 0) {
            throw new EOFException("xenstored closed it");
        }
        bytes.flip();
        receiver.received(bytes);
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }

    private void release() {
        closed = true;
        try (channel;
                selector) {
            key.cancel();
        } catch (IOException e) {
            LOG.debug("closing the socket of xenstored failed", e);
        }
    }
}
