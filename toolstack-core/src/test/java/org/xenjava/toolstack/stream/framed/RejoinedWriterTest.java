// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.XlHeader;

/** A writer whose link was lost and replaced. */
class RejoinedWriterTest {
    private static final long OUTAGE_NANOS = 1_000_000;
    private static final IOException LOST = new IOException("connection reset");

    /** A receiver that has got some frames, over a link that is lost afterwards. */
    private static class Receiver implements Reconnection {
        final long expected;

        Receiver(long expected) {
            this.expected = expected;
        }

        @Override
        public Identity identity() {
            return new Identity(Blob.of(new byte[32]), 60);
        }

        @Override
        public long reconnect(IOException cause) {
            return expected;
        }

        @Override
        public void requireProgress(IOException cause) {
            throw new MigrationException("nothing arrives");
        }

        @Override
        public int streams() {
            return 1;
        }

        @Override
        public WritableByteChannel connectBeside(int number) {
            throw new AssertionError("one link is used");
        }

        @Override
        public void cutBeside() {
            // There are none.
        }

        @Override
        public void cut() {
            // Nothing waits.
        }
    }

    private static OfferingWriter writerOfThreeFrames(Reconnection receiver) throws IOException {
        OfferingWriter writer = new OfferingWriter(
                Channels.newChannel(new ByteArrayOutputStream()),
                0,
                () -> Optional.of(new Terms(Terms.VERSION, Terms.RESUME)),
                Optional.of(receiver));
        writer.header(new XlHeader(XlHeader.ConfigFormat.LIBXL_JSON, "{}"));
        writer.write(new StreamRecord.StaticDataEnd());
        writer.write(new StreamRecord.StaticDataEnd());
        assertEquals(3, writer.frames().number());
        return writer;
    }

    @Test
    void linksWithoutProgressLeaveTheNumberThatTheReceiverExpects() throws IOException {
        OfferingWriter writer = writerOfThreeFrames(new Receiver(2));
        assertThrows(MigrationException.class, () -> writer.resume(LOST));
        assertEquals(2, writer.frames().number());
    }

    @Test
    void theTimeUntilAFurtherLinkIsAnOutage() throws IOException {
        OfferingWriter writer = writerOfThreeFrames(new Receiver(3) {
            @Override
            public long reconnect(IOException cause) {
                LockSupport.parkNanos(OUTAGE_NANOS);
                return expected;
            }

            @Override
            public void requireProgress(IOException cause) {
                // The first loss.
            }
        });
        assertEquals(0, writer.outageNanos());
        List<String> seen = new ArrayList<>();
        writer.aroundOutages(() -> seen.add("lost"), () -> seen.add("replaced"));
        long began = System.nanoTime();
        writer.resume(LOST);
        long passed = System.nanoTime() - began;
        assertEquals(List.of("lost", "replaced"), seen);
        assertTrue(writer.outageNanos() > 0 && writer.outageNanos() <= passed, writer.outageNanos() + " ns");
    }

    /** The receiver is told, and does not wait for another link. */
    @Test
    void aReceiverThatLacksWhatIsForgottenLeavesTheNumberThatItExpects() throws IOException {
        OfferingWriter writer = writerOfThreeFrames(new Receiver(0) {
            @Override
            public void requireProgress(IOException cause) {
                // The first loss.
            }
        });
        MigrationException end = assertThrows(MigrationException.class, () -> writer.resume(LOST));
        assertEquals("the receiver lacks more than is remembered, from frame 0", end.getMessage());
        assertEquals(0, writer.frames().number());
    }
}
