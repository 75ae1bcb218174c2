// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.privatefile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * A complete file that has its name, or was about to get it.
 *
 * @param target the name
 * @param identity tells the file from any other: device, inode, size and time of the last write, none of which a new name
 *     changes
 */
public record NamedFile(Path target, String identity) {
    /** Fates of the file. */
    public enum Fate {
        /** The file has its name, also on the disk. */
        NAMED,
        /** The file still has its temporary name. */
        PARTIAL,
        /** The file is not there, under neither name. */
        GONE
    }

    static NamedFile of(Path target, Path file) throws IOException {
        return new NamedFile(target, identity(file).orElseThrow(() -> new NoSuchFileException(file.toString())));
    }

    /**
     * {@return the fate of the file}
     *
     * @throws IOException if the directory cannot be read, or its names cannot be brought to the disk
     */
    public Fate fate() throws IOException {
        if (!Files.isDirectory(target.resolveSibling("."))) {
            return Fate.GONE;
        }
        if (is(target)) {
            PrivateFile.sync(target.resolveSibling("."));
            return Fate.NAMED;
        }
        return partial().isPresent() ? Fate.PARTIAL : Fate.GONE;
    }

    /**
     * Removes the file if it still has its temporary name.
     *
     * @throws IOException if it cannot be removed
     */
    public void removePartial() throws IOException {
        Optional<Path> partial = partial();
        if (partial.isPresent()) {
            Files.deleteIfExists(partial.get());
        }
    }

    private Optional<Path> partial() throws IOException {
        for (Path name : new PartialFiles(target).names()) {
            if (is(name)) {
                return Optional.of(name);
            }
        }
        return Optional.empty();
    }

    boolean is(Path name) throws IOException {
        return identity(name).equals(Optional.of(identity));
    }

    private static Optional<String> identity(Path name) throws IOException {
        try {
            BasicFileAttributes file = Files.readAttributes(name, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return Optional.of(file.fileKey() + ":" + file.size() + ":"
                    + file.lastModifiedTime().toMillis());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
