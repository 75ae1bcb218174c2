// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A link over TLS 1.3, both ends of which have shown a certificate. */
final class TlsLink implements MigrationLink {
    private static final Logger LOG = LoggerFactory.getLogger(TlsLink.class);

    /** The first byte of a connection for a migration; xl's first message follows from the other end. */
    static final int MIGRATION = 'M';

    /** The first byte of a question; the UUID, the length of the name in two bytes and the name follow. */
    static final int QUESTION = 'Q';

    /** The first byte of a further connection for a migration; its token follows. */
    static final int FURTHER = 'R';

    /** The longest wait for a connection and for each byte until {@link #unlimited}. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Socket socket;
    private final CompletableFuture<Boolean> deadline;
    private final SSLSocket secured;
    private final ReadableByteChannel in;
    private final WritableByteChannel out;
    private volatile Optional<FurtherLinks> further = Optional.empty();

    private TlsLink(Socket socket, CompletableFuture<Boolean> deadline, SSLSocket secured) throws IOException {
        this.socket = socket;
        this.deadline = deadline;
        this.secured = secured;
        this.in = Channels.newChannel(secured.getInputStream());
        this.out = Channels.newChannel(secured.getOutputStream());
    }

    /**
     * Connects to a listener. Its certificate must be for that host.
     *
     * @param limit closes the link after this time unless {@link #unlimited} was called, however the other end's bytes come
     */
    static TlsLink connect(InetSocketAddress address, SSLContext context, Duration limit) throws IOException {
        Socket socket = new Socket();
        CompletableFuture<Boolean> deadline =
                new CompletableFuture<Boolean>().orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
        deadline.whenComplete((ended, expired) -> {
            if (expired != null) {
                closeAtDeadline(socket);
            }
        });
        return secured(socket, deadline, () -> {
            socket.connect(address, millis());
            SSLSocket secured = (SSLSocket)
                    context.getSocketFactory().createSocket(socket, address.getHostString(), address.getPort(), true);
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secured.setSSLParameters(parameters);
            return secured;
        });
    }

    /** Answers a connection. The other end must have a certificate. */
    static TlsLink accepted(Socket socket, SSLContext context) throws IOException {
        return secured(socket, CompletableFuture.completedFuture(true), () -> {
            SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(socket, null, true);
            secured.setUseClientMode(false);
            secured.setNeedClientAuth(true);
            return secured;
        });
    }

    /** Makes the socket of TLS. */
    @FunctionalInterface
    private interface Securing {
        SSLSocket socket() throws IOException;
    }

    private static TlsLink secured(Socket socket, CompletableFuture<Boolean> deadline, Securing securing)
            throws IOException {
        boolean complete = false;
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(millis());
            SSLSocket secured = securing.socket();
            secured.setEnabledProtocols(new String[] {"TLSv1.3"});
            secured.startHandshake();
            TlsLink link = new TlsLink(socket, deadline, secured);
            complete = true;
            return link;
        } finally {
            if (!complete) {
                deadline.complete(true);
                socket.close();
            }
        }
    }

    private static void closeAtDeadline(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("closing a connection at its deadline", e);
        }
    }

    private static int millis() {
        return (int) LIMIT.toMillis();
    }

    /** Names the way by which further links of its migration arrive. */
    TlsLink followedBy(FurtherLinks links) {
        further = Optional.of(links);
        return this;
    }

    /** Ends the limit of each wait: both ends of a migration have their own limits. */
    TlsLink unlimited() throws IOException {
        deadline.complete(true);
        socket.setSoTimeout(0);
        return this;
    }

    DataInputStream input() throws IOException {
        return new DataInputStream(secured.getInputStream());
    }

    DataOutputStream output() throws IOException {
        return new DataOutputStream(secured.getOutputStream());
    }

    @Override
    public Optional<FurtherLinks> furtherLinks() {
        return further;
    }

    @Override
    public ReadableByteChannel in() {
        return in;
    }

    @Override
    public WritableByteChannel out() {
        return out;
    }

    /** A transfer holds the lock of the TLS socket, so that only the end of the one below ends it. */
    @Override
    public void close() throws IOException {
        deadline.complete(true);
        socket.close();
    }
}
