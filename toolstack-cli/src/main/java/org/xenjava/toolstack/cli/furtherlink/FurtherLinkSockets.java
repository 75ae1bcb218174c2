// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.furtherlink;

import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.migrate.FurtherLinks;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationToken;

/**
 * The sockets at which processes of {@code migrate-receive --further} reach the process that receives a guest. Their
 * directory is this user's only. The name of a socket is the hash of the migration's token, so that who can list the
 * directory does not learn the token. The process that connects shows the token, which the receiver compares with its own.
 */
public final class FurtherLinkSockets implements FurtherLinks {
    /** The directory of {@code xlj}. */
    public static final Path STANDARD = Path.of("/run/xlj-migrations");

    private static final Logger LOG = LoggerFactory.getLogger(FurtherLinkSockets.class);
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final String END = ".sock";
    private static final String BEGUN = ".new";

    /** A receiver that has not made its socket by then was killed. */
    private static final Duration LONGEST_BEGINNING = Duration.ofMinutes(1);

    private final Path directory;

    private FurtherLinkSockets(Path directory) {
        this.directory = directory;
    }

    /**
     * {@return the sockets of a directory, which is made if it is missing; empty if it cannot be this user's only}
     *
     * @param directory the directory
     */
    public static Optional<FurtherLinks> in(Path directory) {
        try {
            if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            }
            requireOwn(directory);
            return Optional.of(new FurtherLinkSockets(directory));
        } catch (IOException e) {
            LOG.warn("a migration to here ends with its link: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private static void requireOwn(Path directory) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                || !Files.getOwner(directory).equals(Files.getOwner(Path.of("/proc/self")))
                || !Files.getPosixFilePermissions(directory).equals(OWNER_ONLY)) {
            throw new IOException(
                    directory + " must be a directory of this user that nobody else can enter: chmod 700 " + directory);
        }
    }

    private static Path socket(Path directory, MigrationToken token, String end) {
        return directory.resolve(token.name() + end);
    }

    @Override
    public Closeable open(MigrationToken token, Consumer<MigrationLink> taker) throws IOException {
        removeUnused();
        // Another receiver would remove a socket that does not listen yet.
        Path begun = socket(directory, token, BEGUN);
        Path path = socket(directory, token, END);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        boolean bound = false;
        try {
            server.bind(UnixDomainSocketAddress.of(begun));
            Files.move(begun, path, StandardCopyOption.ATOMIC_MOVE);
            bound = true;
        } finally {
            if (!bound) {
                server.close();
                Files.deleteIfExists(begun);
            }
        }
        FurtherLinkServer links = FurtherLinkServer.start(server, token, taker);
        return () -> {
            try {
                Files.deleteIfExists(path);
            } finally {
                links.close();
            }
        };
    }

    /** Removes what killed receivers have left. */
    private void removeUnused() throws IOException {
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(directory, "*{" + END + "," + BEGUN + "}")) {
            for (Path path : sockets) {
                try {
                    if (isBegun(path)) {
                        continue;
                    }
                    SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
                } catch (ConnectException e) {
                    Files.deleteIfExists(path);
                } catch (IOException e) {
                    LOG.debug("whether a receiver waits at {} cannot be told", path, e);
                }
            }
        }
    }

    /** Whether a receiver may be about to listen at a socket. */
    private static boolean isBegun(Path path) throws IOException {
        Instant begun = Files.getLastModifiedTime(path).toInstant();
        return path.toString().endsWith(BEGUN) && begun.isAfter(Instant.now().minus(LONGEST_BEGINNING));
    }

    /** Connects to the receiver of a migration, and shows it the token; empty if none waits. */
    static Optional<SocketChannel> connect(Path directory, MigrationToken token) {
        try {
            requireOwn(directory);
            SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(socket(directory, token, END)));
            boolean shown = false;
            try {
                ByteBuffer bytes = ByteBuffer.wrap(token.bytes());
                while (bytes.hasRemaining()) {
                    socket.write(bytes);
                }
                shown = true;
                return Optional.of(socket);
            } finally {
                if (!shown) {
                    socket.close();
                }
            }
        } catch (IOException e) {
            LOG.debug("no receiver of {}", token, e);
            return Optional.empty();
        }
    }
}
