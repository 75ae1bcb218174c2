// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.migrate.ChannelLink;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.stream.RecordLink;

/** Cancellations of the sender while it waits for the receiver. */
@Timeout(60)
class CancelledMigrationTest {
    private final Cancellation cancellation = new Cancellation();
    private boolean given;

    /** A host that says something once, and is silent then. */
    private record Silent(Pipe down, Pipe up) implements MigrationTarget {
        static Silent saying(String text) throws IOException {
            Silent target = new Silent(Pipe.open(), Pipe.open());
            target.down.sink().write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
            return target;
        }

        @Override
        public String name() {
            return "there";
        }

        @Override
        public MigrationLink connect() {
            return ChannelLink.of(down.source(), up.sink());
        }

        @Override
        public Presence presence(UUID uuid, String name) {
            return Presence.ABSENT;
        }
    }

    /** A guest of which nothing is sent. */
    private final class Guest implements MigrationSender.Guest {
        @Override
        public void send(RecordLink link) {
            cancellation.cancel();
        }

        @Override
        public void check() {
            cancellation.check("migrating");
        }

        @Override
        public boolean hasDisksToOpenLate() {
            return false;
        }

        @Override
        public boolean isSuspended() {
            return false;
        }

        @Override
        public void giveAway() {
            given = true;
        }

        @Override
        public void takeBack() {
            throw new AssertionError("the guest was not given away");
        }

        @Override
        public Presence presence(MigrationTarget target) {
            return Presence.ABSENT;
        }
    }

    private void assertCancelled(MigrationTarget target) {
        MigrationSender sender = new MigrationSender(target, TwoHosts.LIMITS, MigrationProtocol.XL, 1, new Guest());
        assertThrows(OperationCancelledException.class, sender::migrate);
        assertEquals(false, given);
    }

    @Test
    void aCancellationEndsTheWaitForTheReceiversStart() throws IOException {
        cancellation.cancel();
        assertCancelled(Silent.saying(""));
    }

    @Test
    void aCancellationEndsTheWaitUntilTheReceiverHasBuiltTheDomain() throws IOException {
        assertCancelled(Silent.saying(Handshake.READY));
    }

    /** The receiver has built the domain before the sender looks whether it was cancelled. */
    @Test
    void aCancellationBeforeTheHandOverIsNotTooLate() throws IOException {
        assertCancelled(Silent.saying(Handshake.READY + Handshake.BUILT));
    }

    @Test
    void theLinkOfACancelledMigrationIsCutIfNobodyNoticesTheCancellation() throws InterruptedException {
        CountDownLatch cut = new CountDownLatch(1);
        cancellation.cancel();
        CancelledLink watch =
                CancelledLink.watch(() -> cancellation.check("migrating"), cut::countDown, Duration.ofMillis(1));
        assertTrue(cut.await(30, TimeUnit.SECONDS));
        watch.end();
    }
}
