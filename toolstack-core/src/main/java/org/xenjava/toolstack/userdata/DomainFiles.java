// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.userdata;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.error.DomainFileException;

/** The files of one domain: {@code userdata-KIND.DOMID.UUID.WHAT}, where the kind {@code d} is data. */
record DomainFiles(Path directory, int domid, UUID uuid) {
    private static final String DATA = "d";
    /** The next text, until it is renamed. */
    private static final String NEXT = "n";

    private static final String LOCK = "l";
    private static final String LOCK_OF_ALL = "domain-userdata-lock";

    Path lock() {
        return path(LOCK, LOCK_OF_ALL);
    }

    private Path path(String kind, String what) {
        return directory.resolve("userdata-" + kind + "." + domid + "." + uuid + "." + what);
    }

    boolean has(String what) {
        return Files.exists(path(DATA, what));
    }

    /** The text without the NUL at its end; empty if there is no such file. */
    Optional<String> read(String what) {
        Path file = path(DATA, what);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LibxlConfig.LONGEST_TEXT + 1);
            return Optional.of(new String(bytes, StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failure("reading", file, e);
        }
    }

    /** Replaces the file in one step. Only its owner may read it: it may have a VNC password. */
    void replace(String what, String text) {
        Path next = path(NEXT, what);
        try {
            Files.deleteIfExists(next);
            try (SeekableByteChannel out = Files.newByteChannel(
                    next,
                    Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
            Files.move(next, path(DATA, what), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            delete(next);
            throw failure("writing", next, e);
        }
    }

    void delete(String what) {
        delete(path(DATA, what));
    }

    /** Moves all files to another UUID of the domain. */
    void moveTo(UUID other) {
        DomainFiles renamed = new DomainFiles(directory, domid, other);
        for (Path file : all()) {
            String name = file.getFileName().toString().replace(uuid.toString(), other.toString());
            try {
                Files.move(file, renamed.directory().resolve(name), StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                throw failure("renaming", file, e);
            }
        }
    }

    /** Deletes all files but locks, which their holders delete. */
    void deleteAll() {
        all().forEach(DomainFiles::delete);
    }

    /** All files but locks. */
    List<Path> all() {
        String data = path(DATA, "").getFileName().toString();
        String next = path(NEXT, "").getFileName().toString();
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.startsWith(data) || name.startsWith(next)) {
                    found.add(file);
                }
            }
            return found;
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException e) {
            throw failure("listing", directory, e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failure("removing", file, e);
        }
    }

    private static DomainFileException failure(String attempted, Path file, IOException e) {
        return new DomainFileException(attempted + " " + file + ": " + e, e);
    }
}
