// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.migrate.ChannelLink;
import org.xenjava.toolstack.stream.framed.FrameReader;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;

class FramedMessagesTest {
    /** A link whose other end has sent one frame. */
    private static ChannelLink sent(FrameType type, byte[] body) throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        new FrameWriter(Channels.newChannel(frame)).write(type, ByteBuffer.wrap(body));
        return ChannelLink.of(
                Channels.newChannel(new ByteArrayInputStream(frame.toByteArray())),
                Channels.newChannel(new ByteArrayOutputStream()));
    }

    private static FramedMessages messages(TimedLink link) {
        return new FramedMessages(
                () -> link, new FrameReader(), new FrameWriter(link.out()), FramedMessages.Renewal.NONE);
    }

    private static Optional<String> report(byte... body) throws IOException {
        try (TimedLink link = new TimedLink(sent(FrameType.REPORT, body), TwoHosts.LIMITS.silence())) {
            return messages(link).awaitReport(TwoHosts.LIMITS);
        }
    }

    @Test
    void anEmptyReportSaysThatTheGuestRuns() throws IOException {
        assertEquals(Optional.empty(), report());
    }

    /** The sender would destroy its domain. */
    @ParameterizedTest
    @ValueSource(bytes = {1, '\n', ' ', 0x7f, -1})
    void aReportOfWhichNothingCanBePrintedDoesNotSayThatTheGuestRuns(byte body) throws IOException {
        assertEquals(Optional.of("no reason is known"), report(body));
    }

    @Test
    void aReasonIsShown() throws IOException {
        assertEquals(
                Optional.of("no disk"),
                report((byte) 1, (byte) 'n', (byte) 'o', (byte) '\t', (byte) 'd', (byte) 'i', (byte) 's', (byte) 'k'));
    }

    @Test
    void aRefusalOfWhichNothingCanBePrintedHasNoKnownReason() throws IOException {
        try (TimedLink link = new TimedLink(sent(FrameType.REFUSED, new byte[] {1}), TwoHosts.LIMITS.silence())) {
            assertEquals(Optional.of("no reason is known"), messages(link).refusal());
        }
    }
}
