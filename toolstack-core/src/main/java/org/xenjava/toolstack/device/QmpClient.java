// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DeviceModelException;

/**
 * Speaks the QEMU Machine Protocol: a line of JSON for each command, one for its answer, and events in between, which
 * are logged. QEMU serves one client of a socket at a time, so a connection is for a few commands and not to be kept.
 * One thread's. Every failure is a {@link DeviceModelException}, also that there is no answer in time.
 */
final class QmpClient implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QmpClient.class);
    private static final int BUFFER_BYTES = 1 << 16;

    /** QEMU's answers have some kilobytes. A longer line is refused before it takes memory. */
    private static final int LONGEST_LINE_BYTES = 1 << 20;

    private final String peer;
    private final Duration patience;
    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer received = ByteBuffer.allocate(BUFFER_BYTES).limit(0);

    private QmpClient(String peer, Duration patience, SocketChannel channel, Selector selector) {
        this.peer = peer;
        this.patience = patience;
        this.channel = channel;
        this.selector = selector;
    }

    /**
     * Connects and agrees on the protocol.
     *
     * @param socket a monitor's
     * @param patience how long QEMU may take for each answer
     */
    static QmpClient connect(Path socket, Duration patience) {
        String peer = "QEMU at " + socket;
        QmpClient client;
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                channel.configureBlocking(false);
                Selector selector = Selector.open();
                channel.register(selector, SelectionKey.OP_READ);
                client = new QmpClient(peer, patience, channel, selector);
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new DeviceModelException(peer + " cannot be reached: " + e.getMessage(), e);
        }
        try {
            client.greet();
            return client;
        } catch (RuntimeException e) {
            client.close();
            throw e;
        }
    }

    private void greet() {
        QmpAnswer greeting = nextMessage("greet", deadline());
        if (!greeting.has("QMP")) {
            throw greeting.refused("it is no QMP greeting");
        }
        execute("qmp_capabilities", new JsonObject());
    }

    /**
     * Executes a command.
     *
     * @return the answer, whose form depends on the command
     * @throws DeviceModelException if QEMU refuses, with its own words, or does not answer
     */
    QmpAnswer execute(String command, JsonObject arguments) {
        JsonObject request = new JsonObject();
        request.addProperty("execute", command);
        request.add("arguments", arguments);
        long deadline = deadline();
        send(command, request + "\n");
        while (true) {
            QmpAnswer message = nextMessage(command, deadline);
            if (message.has("return")) {
                return message.member("return");
            }
            if (message.has("error")) {
                String reason = message.member("error").text("desc");
                throw new DeviceModelException(peer + " refuses " + command + ": " + QmpAnswer.shown(reason));
            }
            LOG.debug("{}: {}", peer, message);
        }
    }

    private long deadline() {
        return System.nanoTime() + patience.toNanos();
    }

    /** A command is short, and QEMU reads: a socket that takes no more is one of a process that hangs. */
    private void send(String command, String line) {
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
        try {
            channel.write(bytes);
        } catch (IOException e) {
            throw lost(command, e);
        }
        if (bytes.hasRemaining()) {
            throw new DeviceModelException(peer + " does not read what it is sent: " + command);
        }
    }

    private QmpAnswer nextMessage(String command, long deadline) {
        return QmpAnswer.parse(peer, command, nextLine(command, deadline));
    }

    private String nextLine(String command, long deadline) {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (line.size() < LONGEST_LINE_BYTES) {
            if (!received.hasRemaining()) {
                receive(command, deadline);
            }
            byte next = received.get();
            if (next == '\n') {
                return line.toString(StandardCharsets.UTF_8);
            }
            line.write(next);
        }
        throw new DeviceModelException(peer + ", asked to " + command + ", answers with a line that never ends");
    }

    private void receive(String command, long deadline) {
        try {
            // A QEMU that sends events without end is never silent, so the deadline is checked here as well.
            long nanos = deadline - System.nanoTime();
            if (nanos <= 0 || selector.select(Math.max(1, nanos / 1_000_000)) == 0) {
                throw new DeviceModelException(
                        Thread.currentThread().isInterrupted()
                                ? "waiting for " + peer + " was interrupted"
                                : peer + ", asked to " + command + ", has not answered within " + patience.toMillis()
                                        + " ms; does another client hold the connection?");
            }
            selector.selectedKeys().clear();
            received.clear();
            int bytes = channel.read(received);
            received.flip();
            if (bytes < 0) {
                throw new DeviceModelException(peer + ", asked to " + command + ", has closed the connection");
            }
        } catch (IOException e) {
            throw lost(command, e);
        }
    }

    private DeviceModelException lost(String command, IOException e) {
        return new DeviceModelException(peer + ", asked to " + command + ", is gone: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        try (selector;
                channel) {
            LOG.debug("{}: done", peer);
        } catch (IOException e) {
            LOG.debug("{}: closing failed", peer, e);
        }
    }
}
