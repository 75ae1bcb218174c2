// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection.FileAccess;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * A client of the QEMU Machine Protocol: a line of JSON for each command, one for its answer, and events in between,
 * which are logged. QEMU serves one client of a socket at a time, so a connection is for a few commands and must be
 * closed soon. Used by one thread. Every failure, including a timeout, is a {@link DeviceModelException}.
 */
final class QmpClient implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QmpClient.class);
    private static final int BUFFER_BYTES = 1 << 16;

    /** QEMU's answers have some kilobytes. A longer line is refused before it takes memory. */
    private static final int LONGEST_LINE_BYTES = 1 << 20;

    /** How often a wait looks whether its thread was interrupted. */
    private static final Duration SLICE = Duration.ofMillis(250);

    private final String peer;
    private final Duration limit;
    private final LocalConnection connection;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private ByteBuffer received = ByteBuffer.allocate(0);

    private QmpClient(String peer, Duration limit, LocalConnection connection) {
        this.peer = peer;
        this.limit = limit;
        this.connection = connection;
    }

    /**
     * Connects and agrees on the protocol.
     *
     * @param peer names the QEMU in messages
     * @param limit how long QEMU may take for each answer
     */
    static QmpClient connect(String peer, Duration limit, Supplier<LocalConnection> connection) {
        QmpClient client;
        try {
            client = new QmpClient(peer, limit, connection.get());
        } catch (XenLibException e) {
            throw new DeviceModelException(peer + " cannot be reached: " + e.errno(), e);
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
            throw greeting.refused("it is not a QMP greeting");
        }
        execute("qmp_capabilities", new JsonObject());
    }

    /**
     * Executes a command.
     *
     * @return the answer, whose form depends on the command
     * @throws DeviceModelException if QEMU refuses, with its message, or does not answer
     */
    QmpAnswer execute(String command, JsonObject arguments) {
        return execute(command, arguments, connection::send);
    }

    /**
     * Gives QEMU an open file, so that QEMU can use what it may not open.
     *
     * @return the number of the file's set: QEMU knows the file as {@code /dev/fdset/N}
     * @throws DeviceModelException if the file cannot be opened, or QEMU refuses
     */
    int pass(Path file, FileAccess access) {
        return execute("add-fd", new JsonObject(), line -> connection.send(line, file, access))
                .count("fdset-id");
    }

    /**
     * Gives QEMU a file that it may read, for one command of this connection.
     *
     * @param name the command knows the file as {@code fd:NAME}
     */
    void lend(Path file, String name) {
        JsonObject arguments = new JsonObject();
        arguments.addProperty("fdname", name);
        execute("getfd", arguments, line -> connection.send(line, file, FileAccess.READ_ONLY));
    }

    private QmpAnswer execute(String command, JsonObject arguments, Consumer<byte[]> sender) {
        JsonObject request = new JsonObject();
        request.addProperty("execute", command);
        request.add("arguments", arguments);
        long deadline = deadline();
        send(command, (request + "\n").getBytes(StandardCharsets.UTF_8), sender);
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
        return System.nanoTime() + limit.toNanos();
    }

    /** Sends a command. Commands are short, so a socket whose buffer is full belongs to a process that hangs. */
    private void send(String command, byte[] line, Consumer<byte[]> sender) {
        try {
            sender.accept(line);
        } catch (XenLibException e) {
            throw e.errno().equals(Errno.EAGAIN)
                    ? new DeviceModelException(peer + " hangs and does not read the command " + command, e)
                    : lost(command, e);
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
        throw new DeviceModelException(peer + ", asked to " + command + ", sends an answer that is too long");
    }

    private void receive(String command, long deadline) {
        try {
            int bytes = 0;
            while (bytes == 0) {
                // QEMU may send events without end, so the deadline is checked here too.
                Duration left = Duration.ofNanos(deadline - System.nanoTime());
                if (Thread.currentThread().isInterrupted()) {
                    throw new DeviceModelException("waiting for " + peer + " was interrupted");
                }
                if (left.isNegative() || left.isZero()) {
                    throw new DeviceModelException(peer + ", asked to " + command + ", has not answered within "
                            + limit.toMillis() + " ms; does another client hold the connection?");
                }
                bytes = connection.receive(buffer, left.compareTo(SLICE) < 0 ? left : SLICE);
            }
            if (bytes < 0) {
                throw new DeviceModelException(peer + ", asked to " + command + ", has closed the connection");
            }
            received = ByteBuffer.wrap(buffer, 0, bytes);
        } catch (XenLibException e) {
            throw lost(command, e);
        }
    }

    private DeviceModelException lost(String command, XenLibException e) {
        return new DeviceModelException(peer + ", asked to " + command + ", fails: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        connection.close();
    }
}
