// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.privatefile;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The temporary names of a file that is being written. Each attempt has a name of its own, and its writer holds a lock on
 * it: a partial file without a lock is what a killed process has left.
 */
final class PartialFiles {
    private static final Logger LOG = LoggerFactory.getLogger(PartialFiles.class);
    private static final String SUFFIX = ".partial";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path target;

    PartialFiles(Path target) {
        this.target = target;
    }

    Path next() {
        return target.resolveSibling(
                target.getFileName() + "." + HexFormat.of().toHexDigits(RANDOM.nextLong()) + SUFFIX);
    }

    /**
     * Locks the file of this attempt, then removes the files that killed processes have left. A file system without locks
     * keeps those.
     *
     * @return whether no other process writes the target
     */
    boolean claim(Path own, FileChannel file) throws IOException {
        boolean locked;
        try {
            locked = file.tryLock() != null;
        } catch (IOException e) {
            LOG.debug("{} cannot be locked: {}", own, e.getMessage());
            return true;
        }
        // Before the lock, another process may have removed the file as a leftover.
        return locked && Files.exists(own, LinkOption.NOFOLLOW_LINKS) && removed(others(own));
    }

    private List<Path> others(Path own) throws IOException {
        return names().stream().filter(file -> !file.equals(own)).toList();
    }

    /** The files with such names. */
    List<Path> names() throws IOException {
        Pattern names =
                Pattern.compile(Pattern.quote(target.getFileName() + ".") + "[0-9a-f]{16}" + Pattern.quote(SUFFIX));
        try (Stream<Path> files = Files.list(target.resolveSibling("."))) {
            return files.map(file -> target.resolveSibling(file.getFileName()))
                    .filter(file -> names.matcher(file.getFileName().toString()).matches())
                    .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
    }

    private static boolean removed(List<Path> others) throws IOException {
        for (Path other : others) {
            try (FileChannel file = FileChannel.open(other, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                if (file.tryLock() == null) {
                    return false;
                }
                Files.deleteIfExists(other);
            } catch (NoSuchFileException e) {
                LOG.debug("{} is gone already", other);
            }
        }
        return true;
    }
}
