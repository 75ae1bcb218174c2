// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;

/**
 * The socket at which commands arrive. Whoever can connect can do all that this process can: the directory belongs to
 * this process's user, nobody else can write it, and connections of other users are refused.
 */
final class ServeSocket implements AutoCloseable {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> OWNERS_FILE = PosixFilePermissions.fromString("rw-------");

    private final Path path;
    private final FileChannel lock;
    private final ServerSocketChannel channel;
    private final UserPrincipal owner;

    private ServeSocket(Path path, FileChannel lock, ServerSocketChannel channel, UserPrincipal owner) {
        this.path = path;
        this.lock = lock;
        this.channel = channel;
        this.owner = owner;
    }

    /** @throws IOException if another process listens there, or if others can write the directory */
    static ServeSocket open(Path path) throws IOException {
        Path file = path.toAbsolutePath();
        Path directory = file.resolveSibling(".").normalize();
        if (!Files.isDirectory(directory)) {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        }
        UserPrincipal owner = Files.getOwner(Path.of("/proc/self"));
        requireOwn(directory, owner);
        FileChannel lock = FileChannel.open(
                Path.of(file + ".lock"),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(OWNERS_FILE));
        try {
            requireLocked(lock, file);
            // The lock is ours: the process that made this socket has ended.
            Files.deleteIfExists(file);
            return new ServeSocket(file, lock, listen(file), owner);
        } catch (IOException e) {
            lock.close();
            throw e;
        }
    }

    private static void requireLocked(FileChannel lock, Path file) throws IOException {
        try {
            if (lock.tryLock() != null) {
                return;
            }
        } catch (OverlappingFileLockException e) {
            // Another thread of this process has it.
        }
        throw new IOException("another xlj serve listens at " + file);
    }

    private static void requireOwn(Path directory, UserPrincipal owner) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
        if (!Files.getOwner(directory).equals(owner)
                || permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(directory + " must belong to " + owner.getName()
                    + ", and nobody else may write it: chmod go-w " + directory);
        }
    }

    private static ServerSocketChannel listen(Path file) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(file));
            Files.setPosixFilePermissions(file, OWNERS_FILE);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Waits for a connection of the same user; empty once {@link #stop} was called. */
    Optional<SocketChannel> accept() throws IOException {
        while (true) {
            SocketChannel connection;
            try {
                connection = channel.accept();
            } catch (ClosedChannelException e) {
                return Optional.empty();
            }
            if (isOfOwner(connection)) {
                return Optional.of(connection);
            }
            connection.close();
        }
    }

    private boolean isOfOwner(SocketChannel connection) {
        try {
            return connection
                    .getOption(ExtendedSocketOptions.SO_PEERCRED)
                    .user()
                    .equals(owner);
        } catch (IOException e) {
            return false;
        }
    }

    /** Accepts no further connection. */
    void stop() throws IOException {
        channel.close();
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
        lock.close();
    }
}
