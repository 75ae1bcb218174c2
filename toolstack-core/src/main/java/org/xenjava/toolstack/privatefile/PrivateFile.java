// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.privatefile;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file with a guest's secrets, which only its owner can read. It has another name until it is complete and on the disk,
 * so that a failure leaves an older file as it was. One writer at a time: a second one is refused, in this process and in
 * others.
 */
public final class PrivateFile {
    private static final Logger LOG = LoggerFactory.getLogger(PrivateFile.class);

    /** The targets that this process writes now: a process does not see its own locks. */
    private static final Set<Path> TARGETS = ConcurrentHashMap.newKeySet();

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

    /** Records the moment in which a complete file gets its name. */
    public interface Naming {
        /** No record. */
        Naming UNRECORDED = new Naming() {
            @Override
            public void begins(NamedFile file) {
                // This recorder keeps no record.
            }

            @Override
            public void failed() {
                // There is no record to remove.
            }
        };

        /**
         * Records that the file is complete, and gets its name next.
         *
         * @param file the file
         */
        void begins(NamedFile file);

        /**
         * Removes the record, because the file does not have its name and is about to be removed. If this method fails,
         * the file stays.
         */
        void failed();
    }

    /**
     * Writes a file and replaces the present one once it is complete. If that fails, nothing of it is left, except on a disk
     * that fails while the file gets its name: then the file may keep the name, and the older one is lost.
     *
     * @param target the file
     * @param content writes it
     * @throws IOException if the file cannot be written, or somebody else is writing it
     */
    public static void replace(Path target, Content content) throws IOException {
        replace(target, content, Naming.UNRECORDED);
    }

    /**
     * Writes a file as {@link #replace(Path, Content)} does.
     *
     * @param target the file
     * @param content writes it
     * @param naming records the moment in which the file gets its name
     * @throws IOException if the file cannot be written, or somebody else is writing it
     */
    public static void replace(Path target, Content content, Naming naming) throws IOException {
        replace(target, content, naming, PrivateFile::sync);
    }

    /** Brings the names in a directory to the disk. */
    @FunctionalInterface
    interface DirectorySync {
        void sync(Path directory) throws IOException;
    }

    static void replace(Path target, Content content, Naming naming, DirectorySync directories) throws IOException {
        Path directory = target.resolveSibling(".").toRealPath();
        Path place = directory.resolve(target.getFileName());
        if (!TARGETS.add(place)) {
            throw beingWritten(place);
        }
        try {
            write(place, content, naming, directories);
        } finally {
            TARGETS.remove(place);
        }
    }

    private static void write(Path target, Content content, Naming naming, DirectorySync directories)
            throws IOException {
        PartialFiles names = new PartialFiles(target);
        Path partial = names.next();
        Optional<NamedFile> recorded = Optional.empty();
        FileChannel file = create(partial);
        try {
            if (!names.claim(partial, file)) {
                throw beingWritten(target);
            }
            content.writeTo(file);
            file.force(true);
            // A file system that refuses this is found while the older file is still there.
            directories.sync(target.resolveSibling("."));
            NamedFile complete = NamedFile.of(target, partial);
            recorded = Optional.of(complete);
            naming.begins(complete);
            name(partial, complete, directories);
        } catch (IOException | RuntimeException | Error e) {
            remove(partial, recorded, naming, e);
            throw e;
        } finally {
            close(file);
        }
    }

    /** Removes a file that does not have its name. One that has it keeps it, and its record too. */
    private static void remove(Path partial, Optional<NamedFile> recorded, Naming naming, Throwable failure) {
        try {
            if (recorded.isPresent()) {
                if (recorded.get().is(recorded.get().target())) {
                    return;
                }
                naming.failed();
            }
            Files.deleteIfExists(partial);
        } catch (IOException | RuntimeException | Error e) {
            if (e != failure) {
                failure.addSuppressed(e);
            }
        }
    }

    /** Closes a file whose content is on the disk, or which is removed: a failure changes nothing of either. */
    private static void close(FileChannel file) {
        try {
            file.close();
        } catch (IOException e) {
            LOG.warn("a file that was written cannot be closed: {}", e.getMessage());
        }
    }

    /** Gives a complete file its name. A file whose new name may not be on the disk gets its temporary name back. */
    private static void name(Path partial, NamedFile file, DirectorySync directories) throws IOException {
        Files.move(partial, file.target(), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        try {
            directories.sync(file.target().resolveSibling("."));
        } catch (IOException e) {
            moveBack(partial, file, e);
            throw e;
        }
    }

    private static void moveBack(Path partial, NamedFile file, IOException failure) {
        try {
            Files.move(file.target(), partial, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private static IOException beingWritten(Path target) {
        return new IOException("another command is writing " + target);
    }

    /** Brings the new name to the disk: a file that has no name there is lost with the host's power. */
    static void sync(Path directory) throws IOException {
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    private static FileChannel create(Path partial) throws IOException {
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
