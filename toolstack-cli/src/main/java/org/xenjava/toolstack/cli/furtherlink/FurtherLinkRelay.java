// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.furtherlink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.migrate.FurtherLinks;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationToken;

/** Passes the bytes of a further link on to the process that receives the guest, and back. */
public final class FurtherLinkRelay {
    private static final Logger LOG = LoggerFactory.getLogger(FurtherLinkRelay.class);
    private static final int PART = 1 << 18;

    private FurtherLinkRelay() {}

    /**
     * Passes bytes on until one end closes the link.
     *
     * @param link the link to the sender, which begins with the token
     * @param directory the directory of the sockets
     * @return whether a receiver has waited for it
     * @throws IOException if one of both links breaks
     */
    public static boolean run(MigrationLink link, Path directory) throws IOException {
        ByteBuffer token = ByteBuffer.allocate(MigrationToken.BYTES);
        while (token.hasRemaining()) {
            if (link.in().read(token) < 0) {
                throw new IOException("the link ends before the token");
            }
        }
        Optional<SocketChannel> receiver = FurtherLinkSockets.connect(directory, MigrationToken.of(token.array()));
        if (receiver.isEmpty()) {
            FurtherLinks.refuse(link);
            return false;
        }
        try (SocketChannel socket = receiver.get()) {
            Thread up = new Thread(() -> send(link.in(), socket), "migration-relay");
            up.setDaemon(true);
            up.start();
            copy(socket, link.out());
        }
        return true;
    }

    private static void send(ReadableByteChannel from, SocketChannel to) {
        try {
            copy(from, to);
        } catch (IOException e) {
            LOG.debug("the link of the sender is lost", e);
        }
        try {
            to.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("the receiver has ended", e);
        }
    }

    private static void copy(ReadableByteChannel from, WritableByteChannel to) throws IOException {
        ByteBuffer part = ByteBuffer.allocate(PART);
        while (from.read(part.clear()) >= 0) {
            part.flip();
            while (part.hasRemaining()) {
                to.write(part);
            }
        }
    }
}
