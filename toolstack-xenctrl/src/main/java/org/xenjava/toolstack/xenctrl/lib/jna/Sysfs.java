// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** The files of Linux below {@code /sys}. */
final class Sysfs {
    private static final Path ROOT = Path.of("/sys");

    private Sysfs() {}

    static Optional<String> read(String path) {
        try {
            return Optional.of(Files.readString(ROOT.resolve(path), StandardCharsets.US_ASCII)
                    .stripTrailing());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failure(path);
        }
    }

    static Optional<String> link(String path) {
        try {
            return Optional.of(
                    String.valueOf(Files.readSymbolicLink(ROOT.resolve(path)).getFileName()));
        } catch (NoSuchFileException | NotLinkException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failure(path);
        }
    }

    static List<String> entries(String path) {
        try (DirectoryStream<Path> directory = Files.newDirectoryStream(ROOT.resolve(path))) {
            List<String> names = new ArrayList<>();
            directory.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
            return List.copyOf(names);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException | DirectoryIteratorException e) {
            throw failure(path);
        }
    }

    /** By write(2), whose errno is the driver's answer. */
    static void write(String path, String text) {
        String file = ROOT.resolve(path).toString();
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        try (FileDescriptor open = FileDescriptor.open(file, FileDescriptor.WRITE_ONLY)) {
            if (LibC.write(open.number(), bytes, bytes.length) < 0) {
                throw Result.failure("write " + file);
            }
        }
    }

    private static XenLibException failure(String path) {
        return new XenLibException("reading /sys/" + path, Errno.EIO);
    }
}
