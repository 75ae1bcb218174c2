// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.migrate.Presence;

/** The messages that {@code xl migrate} and {@code xl migrate-receive} exchange before and behind the stream. */
public final class Handshake {
    /** The receiver's first message; the stream follows. */
    static final String READY = "xl migration receiver ready, send binary domain data.\n";

    /** The receiver has built the domain. */
    static final String BUILT = "domain received, ready to unpause\0";

    /** The sender's permission; also the receiver's last message, if it gives the guest back. */
    static final String GO = "domain is yours, you are cleared to unpause\0";

    /** The receiver's report; the status follows as one byte, 0 if the guest runs. */
    static final String REPORT = "my copy unpause results are as follows\0";

    private final TimedLink link;

    Handshake(TimedLink link) {
        this.link = link;
    }

    /** {@return the name of a domain that is being received} */
    public static String incoming(String name) {
        return name + Presence.INCOMING;
    }

    /** {@return the name of a domain that was handed over} */
    public static String away(String name) {
        return name + Presence.AWAY;
    }

    void send(String message) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(message.getBytes(StandardCharsets.ISO_8859_1));
        while (bytes.hasRemaining()) {
            link.out().write(bytes);
        }
    }

    /** Reads a message; a wrong byte is refused at once. */
    void expect(String message, Duration limit) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(message.length());
        while (bytes.hasRemaining()) {
            read(bytes, limit);
            String said = new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
            if (!message.startsWith(said)) {
                throw new MigrationException(
                        "the other end says '" + printable(said) + "' instead of '" + printable(message) + "'");
            }
        }
    }

    private void read(ByteBuffer into, Duration limit) throws IOException {
        if (link.in(limit).read(into) < 0) {
            throw new MigrationException("the other end has closed the link");
        }
    }

    /** Reads one byte. */
    int next(Duration limit) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        read(one, limit);
        return Byte.toUnsignedInt(one.get(0));
    }

    private static String printable(String text) {
        return text.replaceAll("[^ -~]+", " ").strip();
    }
}
