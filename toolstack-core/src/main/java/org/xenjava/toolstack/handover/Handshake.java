// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.Terms;

/** The messages that {@code xl migrate} and {@code xl migrate-receive} exchange before and behind the stream. */
public final class Handshake implements DepartureMessages, ArrivalMessages {
    /** The receiver's first message; the stream follows. */
    static final String READY = "xl migration receiver ready, send binary domain data.\n";

    /** The receiver has built the domain. */
    static final String BUILT = "domain received, ready to unpause\0";

    /** The sender's permission; also the receiver's last message, if it gives the guest back. */
    static final String GO = "domain is yours, you are cleared to unpause\0";

    /** The receiver's report; the status follows as one byte, 0 if the guest runs. */
    static final String REPORT = "my copy unpause results are as follows\0";

    /** The status that xl reports for its general error. */
    private static final int FAILED = 3;

    private static final Logger LOG = LoggerFactory.getLogger(Handshake.class);

    /** The wait for the rest of a wrong message. */
    private static final Duration REST = Duration.ofMillis(500);

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

    @Override
    public void awaitBuilt(MigrationLimits limits) throws IOException {
        int first = next(limits.devices());
        if (first == FrameType.ANSWER.number()) {
            // The answer to an offer came after the sender had gone on in xl's format.
            for (int rest = 1; rest < Terms.ANSWER_BYTES; rest++) {
                next(limits.silence());
            }
        } else {
            link.pushBack((byte) first);
        }
        expect(BUILT, limits.devices());
    }

    @Override
    public void permit() throws IOException {
        send(GO);
    }

    @Override
    public Optional<String> awaitReport(MigrationLimits limits) throws IOException {
        expect(REPORT, limits.devices());
        int status = next(limits.silence());
        if (status == 0) {
            return Optional.empty();
        }
        expect(GO, limits.devices());
        return Optional.of("status " + status);
    }

    @Override
    public Optional<String> refusal() {
        return Optional.empty();
    }

    @Override
    public void built() throws IOException {
        send(BUILT);
    }

    @Override
    public void awaitPermission(Duration limit) throws IOException {
        expect(GO, limit);
    }

    @Override
    public void started() throws IOException {
        send(REPORT + (char) 0);
    }

    @Override
    public void givenBack(String reason) throws IOException {
        send(REPORT + (char) FAILED + GO);
    }

    /** Reads a message; a wrong byte is refused at once. */
    void expect(String message, Duration limit) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(message.length());
        while (bytes.hasRemaining()) {
            read(bytes, limit);
            String said = new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
            if (!message.startsWith(said)) {
                throw new MigrationException("the other end says '" + printable(withRest(said, bytes))
                        + "' instead of '" + printable(message) + "'");
            }
        }
    }

    /** The same and what arrives soon: a byte that was read ahead comes alone. */
    private String withRest(String said, ByteBuffer bytes) {
        try {
            link.in(REST).read(bytes);
        } catch (IOException e) {
            LOG.debug("the other end says no more", e);
            return said;
        }
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
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

    /** A text with a blank for bytes that are not printable. */
    static String printable(String text) {
        return text.replaceAll("[^ -~]+", " ").strip();
    }
}
