// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.stream.framed.FrameType;

/** The choice between xl's protocol and this library's own one. */
class MigrationNegotiationTest {
    private static final MigrationLimits SHORT = new MigrationLimits(
            Duration.ofSeconds(2), TwoHosts.LIMITS.silence(), TwoHosts.LIMITS.devices(), TwoHosts.LIMITS.asking());

    private final TwoHosts hosts = TwoHosts.create();

    /** The bytes that the receiver has sent. */
    private int answered;

    @AfterEach
    void close() {
        hosts.close();
    }

    /**
     * The receiver's end of a link that holds its answer to an offer back.
     *
     * @param next what is sent in place of the next message, from the answer and that message
     */
    private MigrationLink holding(MigrationLink link, BinaryOperator<byte[]> next) {
        WritableByteChannel out = new WritableByteChannel() {
            private byte[] held = {};

            @Override
            public int write(ByteBuffer bytes) throws IOException {
                byte[] content = new byte[bytes.remaining()];
                bytes.get(content);
                if (content[0] == FrameType.ANSWER.number()) {
                    held = content;
                    return content.length;
                }
                ByteBuffer sent = ByteBuffer.wrap(held.length == 0 ? content : next.apply(held, content));
                held = new byte[0];
                answered += sent.remaining();
                while (sent.hasRemaining()) {
                    link.out().write(sent);
                }
                return content.length;
            }

            @Override
            public boolean isOpen() {
                return link.out().isOpen();
            }

            @Override
            public void close() throws IOException {
                link.out().close();
            }
        };
        return new MigrationLink() {
            @Override
            public ReadableByteChannel in() {
                return link.in();
            }

            @Override
            public WritableByteChannel out() {
                return out;
            }

            @Override
            public void close() throws IOException {
                link.close();
            }
        };
    }

    private static byte[] joined(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    @Test
    void aReceiverThatDoesNotAnswerGetsXlsProtocol() {
        hosts.start(17, 17);
        hosts.limits = SHORT;
        hosts.receiverLink = link -> holding(link, (answer, message) -> message);
        assertEquals(List.of(), hosts.migrate(new TestCable()));
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        hosts.assertOneRunsAndNothingElseIsLeft("a migration");
        assertEquals(54 + 34 + 40, answered);
    }

    @Test
    void anAnswerThatComesTooLateIsSkipped() {
        hosts.start(17, 17);
        hosts.limits = SHORT;
        hosts.receiverLink = link -> holding(link, MigrationNegotiationTest::joined);
        assertEquals(List.of(), hosts.migrate(new TestCable()));
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        hosts.assertOneRunsAndNothingElseIsLeft("a migration");
        assertEquals(54 + 32 + 34 + 40, answered);
    }

    @Test
    void aReceiverWithoutTheRequiredProtocolIsRefused() {
        hosts.start(17, 17);
        hosts.limits = SHORT;
        hosts.protocol = MigrationProtocol.OWN;
        hosts.receiverLink = link -> holding(link, (answer, message) -> message);
        List<Throwable> failures = hosts.migrate(new TestCable());
        assertTrue(
                failures.get(0).getMessage().contains("does not use this library's protocol: it did not answer"),
                failures.toString());
        TestHost there = hosts.assertOneRuns("a refusal");
        assertSame(hosts.source, there);
        hosts.assertOneRunsAndNothingElseIsLeft("a refusal");
    }

    @Test
    void anAnswerThatIsDamagedIsRefused() {
        hosts.start(17, 17);
        hosts.receiverLink = link -> {
            try {
                link.out().write(ByteBuffer.wrap((Handshake.READY + "A bad answer, at least 24 bytes").getBytes()));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return link;
        };
        List<Throwable> failures = hosts.migrate(new TestCable());
        assertTrue(failures.get(0).getMessage().contains("no valid answer to the offer"), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
        hosts.assertOneRunsAndNothingElseIsLeft("a refusal");
    }
}
