// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.migrate.ChannelLink;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.MigrationToken;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.stream.RecordLink;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;
import org.xenjava.toolstack.stream.framed.Join;

/** The time rules of connecting again. */
@Timeout(60)
class DepartingLinkTest {
    private static final IOException LOST = new IOException("connection reset");

    private final Target target = new Target();
    private boolean suspended;

    /** A host whose receiver names the frame that it expects, and that is reached from a time on. */
    private static final class Target implements MigrationTarget {
        long expected;
        long reachableFrom = System.nanoTime();
        int attempts;
        int open;
        int refusals;
        String foreign = "";

        @Override
        public String name() {
            return "there";
        }

        @Override
        public MigrationLink connect() {
            return link(new byte[0], () -> {});
        }

        @Override
        public MigrationLink connect(MigrationToken token) throws IOException {
            attempts++;
            if (System.nanoTime() - reachableFrom < 0) {
                throw new IOException("no route to host");
            }
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            FrameWriter writer = new FrameWriter(Channels.newChannel(answer));
            if (!foreign.isEmpty()) {
                answer.write(foreign.getBytes(StandardCharsets.US_ASCII));
            } else if (refusals-- > 0) {
                writer.write(FrameType.REFUSED, "not yet");
            } else {
                writer.write(FrameType.JOINED, Join.joined(expected));
            }
            open++;
            return link(answer.toByteArray(), () -> open--);
        }

        @Override
        public boolean isReachedAgain() {
            return true;
        }

        @Override
        public Presence presence(UUID uuid, String name) {
            return Presence.ABSENT;
        }
    }

    private static MigrationLink link(byte[] answers, Runnable closed) {
        ReadableByteChannel in = Channels.newChannel(new ByteArrayInputStream(answers));
        WritableByteChannel out = Channels.newChannel(OutputStream.nullOutputStream());
        return new ChannelLink(in, out, Optional.empty(), closed::run);
    }

    private final class Guest implements MigrationSender.Guest {
        @Override
        public void send(RecordLink link) {
            throw new AssertionError("nothing is sent");
        }

        @Override
        public void check() {
            // The migration is not cancelled.
        }

        @Override
        public boolean isSuspended() {
            return suspended;
        }

        @Override
        public boolean hasDisksToOpenLate() {
            return false;
        }

        @Override
        public void giveAway() {
            throw new AssertionError("the guest stays");
        }

        @Override
        public void takeBack() {
            throw new AssertionError("the guest was not given away");
        }

        @Override
        public Presence presence(MigrationTarget asked) throws IOException {
            return asked.presence(new UUID(0, 1), "web");
        }
    }

    private DepartingLink connect(Duration reconnecting, Duration whileSuspended) throws IOException {
        MigrationLimits limits = MigrationLimits.STANDARD.reconnecting(reconnecting);
        return new DepartingLink(target, limits, 1, new Guest(), whileSuspended);
    }

    @Test
    void aLinkBesideTheFirstThatWasRefusedIsClosedBeforeTheNext() throws IOException {
        target.refusals = 2;
        try (DepartingLink link = connect(Duration.ofSeconds(2), Duration.ofSeconds(2))) {
            link.connectBeside(1);
            assertEquals(3, target.attempts);
            assertEquals(1, target.open);
        }
    }

    @Test
    void noLinkBesideALostOneIsMade() throws IOException {
        try (DepartingLink link = connect(Duration.ofSeconds(2), Duration.ofSeconds(2))) {
            link.cutBeside();
            assertThrows(IOException.class, () -> link.connectBeside(1));
            assertEquals(0, target.attempts);
        }
    }

    /** A forced command of ssh starts another receiver, whatever the sender asks for. */
    @Test
    void theAnswerOfAnotherProgramEndsTheAttemptsAtOnce() throws IOException {
        target.foreign = Handshake.READY;
        try (DepartingLink link = connect(Duration.ofMinutes(1), Duration.ofMinutes(1))) {
            String message = assertThrows(MigrationException.class, () -> link.reconnect(LOST))
                    .getMessage();
            assertTrue(message.contains("'xl migration receiver ready, send binary domain data.'"), message);
        }
        assertEquals(1, target.attempts);
    }

    @Test
    void theAnswerOfAnotherProgramEndsTheAttemptsForALinkBesideTheFirst() throws IOException {
        target.foreign = "y";
        try (DepartingLink link = connect(Duration.ofMinutes(1), Duration.ofMinutes(1))) {
            assertThrows(MigrationException.class, () -> link.connectBeside(1));
        }
        assertEquals(1, target.attempts);
    }

    @Test
    void aSuspendedGuestWaitsForAShorterTime() throws IOException {
        target.reachableFrom = Long.MAX_VALUE / 2 + System.nanoTime();
        suspended = true;
        try (DepartingLink link = connect(Duration.ofHours(1), Duration.ofSeconds(1))) {
            String message =
                    assertThrows(IOException.class, () -> link.reconnect(LOST)).getMessage();
            assertEquals("connection reset; connecting again failed for 1 s: no route to host", message);
        }
    }

    @Test
    void aLossAfterProgressHasAWholeTimeOfItsOwn() throws Exception {
        try (DepartingLink link = connect(Duration.ofSeconds(2), Duration.ofSeconds(2))) {
            target.expected = 1;
            assertEquals(1, link.reconnect(LOST));
            Thread.sleep(1500);
            target.expected = 2;
            target.reachableFrom = System.nanoTime() + Duration.ofMillis(1200).toNanos();
            assertEquals(2, link.reconnect(LOST));
        }
    }

    @Test
    void linksWithoutProgressEndTheMigrationAfterTheTimeOfOneLoss() throws IOException {
        target.expected = 7;
        try (DepartingLink link = connect(Duration.ofSeconds(1), Duration.ofSeconds(1))) {
            String message = assertThrows(MigrationException.class, () -> {
                        while (true) {
                            link.reconnect(LOST);
                            link.requireProgress(LOST);
                        }
                    })
                    .getMessage();
            assertTrue(message.contains("nothing arrived over it for 1 s"), message);
        }
        assertTrue(target.attempts < 20, target.attempts + " attempts");
    }
}
