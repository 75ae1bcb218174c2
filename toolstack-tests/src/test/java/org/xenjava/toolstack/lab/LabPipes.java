// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;

/** The link of a migration whose ends are both in this process. */
final class LabPipes implements MigrationTarget {
    private final Pipe up = Pipe.open();
    private final Pipe down = Pipe.open();
    private long bytes;

    private LabPipes() throws IOException {}

    /** Migrates a guest within the host, and returns the bytes that were sent. */
    static long migrate(Toolstack toolstack, Domain domain, MigrationProtocol protocol) throws IOException {
        LabPipes pipes = new LabPipes();
        long start = System.nanoTime();
        CompletableFuture<Domain> arrival = CompletableFuture.supplyAsync(() -> toolstack.receive(
                pipes.receiver(),
                MigrationLimits.STANDARD,
                ReceivedStart.RUNNING,
                CreateListener.NONE,
                new Cancellation()));
        domain.migration().using(protocol).migrate(pipes);
        arrival.join();
        Dom0.report("%s: %d bytes, %d ms".formatted(protocol, pipes.bytes, (System.nanoTime() - start) / 1_000_000));
        return pipes.bytes;
    }

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
