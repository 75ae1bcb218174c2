// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;

/** A Linux guest migrates within one host of real Xen, in each protocol, and keeps its memory. */
@Tag("shares-host")
class MigrateLabTest extends LabFixture {
    private static final String NAME = "mover";
    private static final String CHECKSUM = "sh cat /fill/* | md5sum";

    /** The link of both ends in this process. */
    private static final class Pipes implements MigrationTarget {
        private final Pipe up = Pipe.open();
        private final Pipe down = Pipe.open();
        private long bytes;

        private Pipes() throws IOException {}

        @Override
        public String name() {
            return "here";
        }

        @Override
        public MigrationLink connect() {
            return link(down.source(), new WritableByteChannel() {
                @Override
                public int write(ByteBuffer content) throws IOException {
                    int written = up.sink().write(content);
                    bytes += written;
                    return written;
                }

                @Override
                public boolean isOpen() {
                    return up.sink().isOpen();
                }

                @Override
                public void close() throws IOException {
                    up.sink().close();
                }
            });
        }

        private MigrationLink receiver() {
            return link(up.source(), down.sink());
        }

        private static MigrationLink link(ReadableByteChannel in, WritableByteChannel out) {
            return new MigrationLink() {
                @Override
                public ReadableByteChannel in() {
                    return in;
                }

                @Override
                public WritableByteChannel out() {
                    return out;
                }

                @Override
                public void close() throws IOException {
                    in.close();
                    out.close();
                }
            };
        }

        @Override
        public Presence presence(UUID uuid, String name) {
            throw new AssertionError("the link was not lost");
        }
    }

    /** Returns the bytes that were sent. */
    private long migrate(MigrationProtocol protocol) throws IOException {
        Pipes pipes = new Pipes();
        long start = System.nanoTime();
        CompletableFuture<Domain> arrival = CompletableFuture.supplyAsync(() -> toolstack.receive(
                pipes.receiver(),
                MigrationLimits.STANDARD,
                ReceivedStart.RUNNING,
                CreateListener.NONE,
                new Cancellation()));
        named(NAME).migration().using(protocol).migrate(pipes);
        arrival.join();
        Dom0.report("%s: %d bytes, %d ms".formatted(protocol, pipes.bytes, (System.nanoTime() - start) / 1_000_000));
        return pipes.bytes;
    }

    private static String checksum(String answer) {
        return answer.lines()
                .filter(line -> line.strip().matches("[0-9a-f]{32} .*"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no checksum in: " + answer))
                .strip();
    }

    @Test
    void aGuestMigratesInEachProtocolAndKeepsItsMemory() throws IOException {
        LabGuest guest = boot(toolstack.create(LabGuest.config(NAME, 128, 128).build()));
        guest.say("fill 24");
        String before = checksum(guest.say(CHECKSUM));
        Map<MigrationProtocol, Long> bytes = new EnumMap<>(MigrationProtocol.class);
        for (MigrationProtocol protocol :
                new MigrationProtocol[] {MigrationProtocol.XL, MigrationProtocol.OWN, MigrationProtocol.OWN_COMPRESSED
                }) {
            bytes.put(protocol, migrate(protocol));
            // xenconsoled names the log after the name of the domain that was built.
            LabGuest moved =
                    new LabGuest(NAME + Presence.INCOMING, named(NAME).console().terminal(CONSOLE));
            assertEquals(before, checksum(moved.say(CHECKSUM)), protocol + "");
        }
        assertTrue(bytes.get(MigrationProtocol.OWN) < bytes.get(MigrationProtocol.XL), bytes.toString());
        assertTrue(bytes.get(MigrationProtocol.OWN_COMPRESSED) < bytes.get(MigrationProtocol.OWN), bytes.toString());
    }
}
