// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.migrate.ChannelLink;
import org.xenjava.toolstack.migrate.FurtherLinks;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.MigrationToken;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.MigrationProgress;

/** The link of a migration whose ends are both in this process. */
final class LabPipes implements MigrationTarget {
    private final Pipe up = Pipe.open();
    private final Pipe down = Pipe.open();
    private final long cut;
    private final boolean breaking;
    private final AtomicReference<Consumer<MigrationLink>> receiver = new AtomicReference<>(link -> {});
    private long bytes;

    /** Further links, each of which replaces the one before. */
    private final List<LabPipes> further = new ArrayList<>();

    /**
     * @param cut the bytes after which the link is lost
     * @param breaking whether the link is lost for good once the whole guest was sent
     */
    private LabPipes(long cut, boolean breaking) throws IOException {
        this.cut = cut;
        this.breaking = breaking;
    }

    private LabPipes(long cut) throws IOException {
        this(cut, false);
    }

    /** Migrates a guest within the host, and returns the bytes that were sent. */
    static long migrate(Toolstack toolstack, Domain domain, MigrationProtocol protocol) throws IOException {
        return migrate(toolstack, domain, protocol, new LabPipes(Long.MAX_VALUE));
    }

    /** As {@link #migrate(Toolstack, Domain, MigrationProtocol)} by a link that is lost; returns the number of further links. */
    static int migrateCutting(Toolstack toolstack, Domain domain, long cut) throws IOException {
        LabPipes pipes = new LabPipes(cut);
        migrate(toolstack, domain, MigrationProtocol.OWN, pipes);
        return pipes.further.size();
    }

    /** Migrates a guest by a link that is lost when the guest is suspended and all of it was sent. Both ends fail. */
    static MigrationException migrateInVain(Toolstack toolstack, Domain domain) throws IOException {
        LabPipes pipes = new LabPipes(Long.MAX_VALUE, true);
        CompletableFuture<Domain> arrival = pipes.receive(toolstack);
        MigrationException failure = assertThrows(MigrationException.class, () -> domain.migration()
                .using(MigrationProtocol.OWN)
                .migrate(pipes, MigrationLimits.STANDARD, pipes::breakOnceSent, new Cancellation()));
        assertThrows(CompletionException.class, arrival::join);
        return failure;
    }

    private void breakOnceSent(MigrationProgress progress) {
        if (progress.phase() == MigrationProgress.Phase.WAITING) {
            try {
                down.source().close();
                up.sink().close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private CompletableFuture<Domain> receive(Toolstack toolstack) {
        return CompletableFuture.supplyAsync(() -> toolstack.receive(
                receiver(), MigrationLimits.STANDARD, ReceivedStart.RUNNING, CreateListener.NONE, new Cancellation()));
    }

    private static long migrate(Toolstack toolstack, Domain domain, MigrationProtocol protocol, LabPipes pipes) {
        long start = System.nanoTime();
        CompletableFuture<Domain> arrival = pipes.receive(toolstack);
        domain.migration().using(protocol).migrate(pipes);
        arrival.join();
        Dom0.report("%s: %d bytes, %d ms".formatted(protocol, pipes.bytes, (System.nanoTime() - start) / 1_000_000));
        pipes.further.forEach(next -> Dom0.report("%s: %d bytes by a further link".formatted(protocol, next.bytes)));
        return pipes.bytes;
    }

    @Override
    public String name() {
        return "here";
    }

    @Override
    public boolean isReachedAgain() {
        return !breaking;
    }

    @Override
    public MigrationLink connect(MigrationToken token) throws IOException {
        LabPipes next = new LabPipes(Long.MAX_VALUE);
        further.add(next);
        new Thread(() -> receiver.get().accept(next.receiver()), "further-link").start();
        return next.connect();
    }

    @Override
    public MigrationLink connect() {
        return link(Optional.empty(), down.source(), new WritableByteChannel() {
            @Override
            public int write(ByteBuffer content) throws IOException {
                if (bytes >= cut) {
                    up.sink().close();
                    down.sink().close();
                    throw new IOException("the link was cut");
                }
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
        FurtherLinks links = (token, taker) -> {
            receiver.set(taker);
            return () -> receiver.set(link -> {});
        };
        return link(Optional.of(links), up.source(), down.sink());
    }

    private static MigrationLink link(Optional<FurtherLinks> further, ReadableByteChannel in, WritableByteChannel out) {
        return ChannelLink.of(in, out).followedBy(further);
    }

    @Override
    public Presence presence(UUID uuid, String name) {
        throw new AssertionError("the link was not lost");
    }
}
