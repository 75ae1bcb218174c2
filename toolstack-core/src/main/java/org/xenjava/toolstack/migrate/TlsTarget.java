// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import javax.net.ssl.SSLContext;

/**
 * A host whose program listens for migrations with a {@link TlsListener}. Both ends show a certificate, TLS 1.3 encrypts the
 * link, and the certificate of the listener must be for the host of the address.
 */
public final class TlsTarget implements MigrationTarget {
    /** A handshake of a cold Java on an emulated domain 0 may take more than 10 s. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final InetSocketAddress address;
    private final SSLContext context;
    private final Duration limit;

    /**
     * Names a listener.
     *
     * @param address of the listener; its host is the name of the target
     * @param context has the certificate of this end, and trusts those of the other one
     */
    public TlsTarget(InetSocketAddress address, SSLContext context) {
        this(address, context, LIMIT);
    }

    /** Limits a handshake with what follows it until the link is a migration's, and a question with its answer. */
    TlsTarget(InetSocketAddress address, SSLContext context, Duration limit) {
        this.address = address;
        this.context = context;
        this.limit = limit;
    }

    @Override
    public String name() {
        return address.getHostString();
    }

    /** A name that could not be resolved earlier may be known now. */
    private TlsLink link() throws IOException {
        return TlsLink.connect(new InetSocketAddress(address.getHostString(), address.getPort()), context, limit);
    }

    @Override
    public MigrationLink connect() throws IOException {
        return beginning(new byte[] {TlsLink.MIGRATION});
    }

    @Override
    public boolean isReachedAgain() {
        return true;
    }

    @Override
    public MigrationLink connect(MigrationToken token) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(1 + MigrationToken.BYTES);
        return beginning(bytes.put((byte) TlsLink.FURTHER).put(token.bytes()).array());
    }

    private MigrationLink beginning(byte[] first) throws IOException {
        TlsLink link = link();
        boolean complete = false;
        try {
            link.output().write(first);
            complete = true;
            return link.unlimited();
        } finally {
            if (!complete) {
                link.close();
            }
        }
    }

    @Override
    public Presence presence(UUID uuid, String name) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream question = new DataOutputStream(bytes);
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        question.write(TlsLink.QUESTION);
        question.writeLong(uuid.getMostSignificantBits());
        question.writeLong(uuid.getLeastSignificantBits());
        question.writeShort(text.length);
        question.write(text);
        try (TlsLink link = link()) {
            link.output().write(bytes.toByteArray());
            int answer = link.input().readUnsignedByte();
            if (answer >= Presence.values().length) {
                throw new IOException("the other host gives the answer " + answer + ", which is not defined");
            }
            return Presence.values()[answer];
        }
    }
}
