// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.migrate.ChannelLink;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationPace;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.stream.framed.Frame;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;

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

    /** Changes the receiver's messages. */
    private MigrationLink changing(MigrationLink link, UnaryOperator<byte[]> change) {
        WritableByteChannel out = new WritableByteChannel() {
            @Override
            public int write(ByteBuffer bytes) throws IOException {
                byte[] content = new byte[bytes.remaining()];
                bytes.get(content);
                ByteBuffer sent = ByteBuffer.wrap(change.apply(content));
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
        return new ChannelLink(link.in(), out, link.furtherLinks(), link::close);
    }

    private static boolean isAnswer(byte[] message) {
        return message[0] == FrameType.ANSWER.number();
    }

    /**
     * The receiver's end of a link that holds its answer to an offer back.
     *
     * @param next what is sent in place of the next message, from the answer and that message
     */
    private MigrationLink holding(MigrationLink link, BinaryOperator<byte[]> next) {
        AtomicReference<byte[]> held = new AtomicReference<>(new byte[0]);
        return changing(link, message -> {
            if (isAnswer(message)) {
                held.set(message);
                return new byte[0];
            }
            byte[] answer = held.getAndSet(new byte[0]);
            return answer.length == 0 ? message : next.apply(answer, message);
        });
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

    /** A receiver of an earlier version answers with the features that it knows: compression, and going on after a loss. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void aReceiverThatDoesNotKnowParallelLinksGetsOne(int streams) {
        TestNetwork network = new TestNetwork(attempt -> Optional.of(new TestCable()));
        hosts.network = Optional.of(network);
        hosts.pace = MigrationPace.STANDARD.streams(streams);
        hosts.protocol = MigrationProtocol.OWN_COMPRESSED;
        hosts.start(17, 17);
        List<Integer> answers = new ArrayList<>();
        hosts.receiverLink = link -> changing(link, message -> {
            if (!isAnswer(message)) {
                return message;
            }
            answers.add(features(message));
            return answer(features(message) & 3);
        });
        assertEquals(List.of(), hosts.migrate(new TestCable()));
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        hosts.assertOneRunsAndNothingElseIsLeft("a migration");
        // A sender of one link offers what one of an earlier version offers.
        assertEquals(List.of(streams > 1 ? 7 : 3), answers);
        assertEquals(List.of(), network.cables());
    }

    /** Its QEMU would open the image before the permission. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aReceiverThatCannotWaitWithADiskOfQemuIsRefused(boolean answers, @TempDir Path directory) {
        hosts.start(TwoHosts.guestWithQemuDisk(directory));
        hosts.limits = SHORT;
        hosts.receiverLink = link -> answers
                ? changing(link, message -> isAnswer(message) ? answer(features(message) & 7) : message)
                : holding(link, (answer, message) -> message);
        List<Throwable> failures = hosts.migrate(new TestCable());
        String expected = answers ? "may open the image too early" : "xl's does not take a disk that QEMU serves";
        assertTrue(failures.get(0).getMessage().contains(expected), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
        hosts.assertOneRunsAndNothingElseIsLeft("a refusal");
    }

    private static int features(byte[] answer) {
        return ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN).getInt(Frame.HEADER_BYTES + Integer.BYTES);
    }

    /** An answer with other features. */
    private static byte[] answer(int features) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteBuffer body = ByteBuffer.allocate(2 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try {
            new FrameWriter(Channels.newChannel(bytes))
                    .write(FrameType.ANSWER, body.putInt(1).putInt(features).flip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
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
