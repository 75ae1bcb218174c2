// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A file with a guest's secrets, which only its owner can read. It has another name until it is complete and on the disk,
 * so that a failure leaves an older file as it was.
 */
public final class PrivateFile {
    private PrivateFile() {}

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes the content.
         *
         * @param file an empty file
         * @throws IOException if the file cannot be written
         */
        void writeTo(FileChannel file) throws IOException;
    }

    /**
     * Writes a file and replaces the present one once it is complete. If that fails, nothing of it is left.
     *
     * @param target the file
     * @param content writes it
     * @throws IOException if the file cannot be written
     */
    public static void replace(Path target, Content content) throws IOException {
        Path partial = target.resolveSibling(target.getFileName() + ".partial");
        FileChannel created = create(partial);
        try {
            try (FileChannel file = created) {
                content.writeTo(file);
                file.force(true);
            }
            Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            sync(target.resolveSibling("."));
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /** Brings the new name to the disk: a file that has no name there is lost with the host's power. */
    private static void sync(Path directory) throws IOException {
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    /**
     * Creates the file. The partial file of an earlier attempt is removed. Anything but a regular file, such as a link
     * that somebody has planted, is refused and left alone.
     */
    private static FileChannel create(Path partial) throws IOException {
        if (Files.isRegularFile(partial, LinkOption.NOFOLLOW_LINKS)) {
            Files.delete(partial);
        } else if (Files.exists(partial, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(partial + " exists already and is not a regular file: remove it");
        }
        return FileChannel.open(
                partial,
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.SPARSE,
                        LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
}
