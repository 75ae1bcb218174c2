// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.migrate.FurtherLinks;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationPace;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationToken;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.migrate.TlsListener;
import org.xenjava.toolstack.migrate.TlsTarget;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.stream.framed.FrameReader;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;
import org.xenjava.toolstack.stream.framed.Join;

class TlsMigrationTest {
    private static final TestCertificates HERE = TestCertificates.of("here", "dns:here.example");
    private static final TestCertificates THERE = TestCertificates.of("there", "dns:localhost");
    private static final TestCertificates OTHER = TestCertificates.of("other", "dns:other.example");

    /** The migrations that may wait for {@code accept} (docs/migration-protocol.md). */
    private static final int MOST_WAITING = 4;

    private final SSLContext sender = HERE.trusting(THERE, OTHER);
    private final SSLContext stranger = OTHER.trusting(THERE);
    private final TwoHosts hosts = TwoHosts.create();
    private TlsListener listener = listen(THERE.trusting(HERE));

    private TlsListener listen(SSLContext context) {
        try {
            return hosts.target.toolstack.listen(new InetSocketAddress("localhost", 0), context);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void start() {
        hosts.start(17, 17);
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
        hosts.close();
    }

    private TlsTarget target(SSLContext context) {
        return new TlsTarget(
                new InetSocketAddress("localhost", listener.address().getPort()), context);
    }

    private MigrationLink accepted() {
        try {
            return listener.accept();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void migrate() {
        migrate(target(sender));
    }

    private void migrate(TlsTarget target) {
        CompletableFuture<Domain> arrival = CompletableFuture.supplyAsync(() -> hosts.target.toolstack.receive(
                accepted(), TwoHosts.LIMITS, ReceivedStart.RUNNING, CreateListener.NONE, new Cancellation()));
        boolean sent = false;
        try {
            hosts.whileTimePasses(() -> {
                hosts.source
                        .toolstack
                        .find(TwoHosts.ID)
                        .orElseThrow()
                        .migration()
                        .using(MigrationProtocol.OWN)
                        .migrate(target, TwoHosts.LIMITS, hosts.pace, hosts.listener, new Cancellation());
                return arrival.join();
            });
            sent = true;
        } finally {
            if (!sent) {
                closeListener();
                arrival.exceptionally(e -> null).join();
            }
        }
    }

    private void closeListener() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private MigrationException refused(SSLContext context) {
        Domain domain = hosts.source.toolstack.find(TwoHosts.ID).orElseThrow();
        return assertThrows(MigrationException.class, () -> domain.migration()
                .migrate(target(context), TwoHosts.LIMITS, MigrationListener.NONE, new Cancellation()));
    }

    @Test
    void aGuestMigratesAndTheOtherHostAnswersWhereItIs() throws IOException {
        assertEquals("localhost", target(sender).name());
        assertEquals(Presence.ABSENT, target(sender).presence(TwoHosts.ID, "web"));
        migrate();
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        hosts.assertOneRunsAndNothingElseIsLeft("a migration");
        assertEquals(Presence.TAKEN_OVER, target(sender).presence(TwoHosts.ID, "web"));
    }

    @Test
    void aMigrationGoesOnOverAFurtherConnectionAfterOneWasCut() throws IOException {
        try (CuttingProxy proxy =
                new CuttingProxy(listener.address().getPort(), number -> number < 2 ? 5_000_000 : Long.MAX_VALUE)) {
            migrate(new TlsTarget(proxy.address(), sender));
            assertSame(hosts.target, hosts.assertOneRuns("a migration"));
            hosts.assertOneRunsAndNothingElseIsLeft("a migration");
            assertEquals(3, proxy.connections());
        }
    }

    /** The second of three connections is cut, and all are replaced. */
    @ParameterizedTest
    @ValueSource(longs = {1_000_000, Long.MAX_VALUE})
    void pagesTravelOverSeveralConnections(long bytes) throws IOException {
        try (CuttingProxy proxy =
                new CuttingProxy(listener.address().getPort(), number -> number == 1 ? bytes : Long.MAX_VALUE)) {
            hosts.pace = MigrationPace.STANDARD.streams(3);
            hosts.listener = progress -> {
                long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
                while (progress.copied().count() > 0 && proxy.connections() < 3 && System.nanoTime() - end < 0) {
                    LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
                }
            };
            migrate(new TlsTarget(proxy.address(), sender));
            assertSame(hosts.target, hosts.assertOneRuns("a migration"));
            hosts.assertOneRunsAndNothingElseIsLeft("a migration");
            assertTrue(proxy.connections() >= 3, proxy.connections() + " connections");
        }
    }

    private static void assertRefused(MigrationLink link) throws IOException {
        try (link) {
            new FrameWriter(link.out()).write(FrameType.JOIN, new Join(1, 1).body());
            assertEquals(FrameType.REFUSED, new FrameReader().next(link.in()).type());
        }
    }

    @Test
    void aFurtherConnectionReachesOnlyTheMigrationOfItsToken() throws Exception {
        MigrationToken first = MigrationToken.random();
        MigrationToken second = MigrationToken.random();
        CompletableFuture<MigrationLink> arrived = new CompletableFuture<>();
        try (MigrationLink begun = target(sender).connect();
                MigrationLink accepted = listener.accept()) {
            FurtherLinks further = accepted.furtherLinks().orElseThrow();
            Closeable ofFirst = further.open(first, link -> arrived.completeExceptionally(new AssertionError(begun)));
            try (Closeable ofSecond = further.open(second, arrived::complete)) {
                assertRefused(target(sender).connect(MigrationToken.random()));
                ofFirst.close();
                assertRefused(target(sender).connect(first));
                try (MigrationLink link = target(sender).connect(second);
                        MigrationLink there = arrived.join()) {
                    link.out().write(ByteBuffer.wrap(new byte[] {7}));
                    ByteBuffer byteFromSender = ByteBuffer.allocate(1);
                    assertEquals(1, there.in().read(byteFromSender), ofSecond.toString());
                    assertEquals(7, byteFromSender.get(0));
                }
            }
            assertRefused(target(sender).connect(second));
        }
    }

    @Test
    void aSenderWhoseCertificateIsNotTrustedIsRefused() {
        refused(stranger);
        assertThrows(IOException.class, () -> target(stranger).presence(TwoHosts.ID, "web"));
        hosts.assertOneRunsAndNothingElseIsLeft("a refusal");
        migrate();
        assertSame(hosts.target, hosts.assertOneRuns("a migration after a refusal"));
    }

    @Test
    void aListenerWithTheCertificateOfAnotherHostIsRefused() throws IOException {
        listener.close();
        listener = listen(OTHER.trusting(HERE));
        assertThrows(SSLHandshakeException.class, () -> target(sender).connect());
        refused(sender);
        hosts.assertOneRunsAndNothingElseIsLeft("a refusal");
    }

    @Test
    void aConnectionWithoutTlsIsClosedAndTheListenerGoesOn() throws IOException {
        try (Socket plain = new Socket("localhost", listener.address().getPort())) {
            plain.getOutputStream().write("M and no TLS at all".getBytes());
            plain.shutdownOutput();
            // What comes is an alert of TLS, and then the end.
            plain.getInputStream().readAllBytes();
        }
        migrate();
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
    }

    private static void readToEnd(MigrationLink link) {
        try {
            while (link.in().read(ByteBuffer.allocate(1)) >= 0) {}
        } catch (IOException e) {
            // The connection ended without TLS's alert.
        }
    }

    @Test
    void oneMigrationMoreThanMayWaitIsClosed() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        List<MigrationLink> links = new ArrayList<>();
        for (int i = 0; i <= MOST_WAITING; i++) {
            MigrationLink link = target(sender).connect();
            links.add(link);
            Thread reader = new Thread(() -> {
                readToEnd(link);
                closed.countDown();
            });
            reader.setDaemon(true);
            reader.start();
        }
        assertTrue(closed.await(10, TimeUnit.SECONDS));
        for (int i = 0; i < MOST_WAITING; i++) {
            listener.accept().close();
        }
        for (MigrationLink link : links) {
            link.close();
        }
    }

    @Test
    void aClosedListenerEndsTheWaitForMigrations() throws IOException {
        CompletableFuture<MigrationLink> waiting = CompletableFuture.supplyAsync(this::accepted);
        listener.close();
        assertThrows(CompletionException.class, waiting::join);
        assertThrows(IOException.class, listener::accept);
        assertThrows(IOException.class, () -> target(sender).presence(TwoHosts.ID, "web"));
    }
}
