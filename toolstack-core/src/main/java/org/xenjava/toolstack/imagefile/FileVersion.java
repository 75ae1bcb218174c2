// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.imagefile;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.xenjava.toolstack.error.KernelImageException;

/**
 * The identity of a file's content: two files with equal versions have the same bytes.
 *
 * @param size size in bytes
 * @param file device and inode; the path if the file system has none
 * @param modified {@code st_mtim}
 * @param changed {@code st_ctim}, which no program can set back; {@code st_mtim} if the file system has none
 */
record FileVersion(long size, Object file, FileTime modified, FileTime changed) {

    /**
     * Reads the version of a file without opening it.
     *
     * @param name of the file in messages
     * @throws KernelImageException if the file is missing, not a regular file, or not accessible
     */
    static FileVersion of(String name, Path path) {
        try {
            BasicFileAttributes stat = Files.readAttributes(path, BasicFileAttributes.class);
            if (!stat.isRegularFile()) {
                throw new KernelImageException(
                        name + (stat.isDirectory() ? ": it is a directory" : ": it is not a regular file"));
            }
            Object file = Optional.<Object>ofNullable(stat.fileKey()).orElse(path);
            return new FileVersion(stat.size(), file, stat.lastModifiedTime(), changed(path, stat));
        } catch (NoSuchFileException e) {
            boolean dangles = Files.isSymbolicLink(path) || Files.exists(path, LinkOption.NOFOLLOW_LINKS);
            throw new KernelImageException(
                    name + (dangles ? ": the link's target does not exist" : ": the file does not exist"), e);
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private static FileTime changed(Path path, BasicFileAttributes stat) throws IOException {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix")
                ? (FileTime) Files.getAttribute(path, "unix:ctime")
                : stat.lastModifiedTime();
    }

    /** The exception for a file that cannot be read, with the reason and without the class of a Java exception. */
    static KernelImageException unreadable(String name, IOException e) {
        String reason = e instanceof AccessDeniedException ? "permission denied" : e.getMessage();
        if (e instanceof FileSystemException failure && failure.getReason() != null) {
            reason = failure.getReason();
        }
        return new KernelImageException(name + ": it cannot be read: " + reason, e);
    }
}
