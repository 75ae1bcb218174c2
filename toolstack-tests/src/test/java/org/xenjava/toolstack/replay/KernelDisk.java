// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A file system with the scenarios' kernel, at a path that is the same on every machine: a domain's configuration is
 * kept in xenstore, and therefore its kernel's path is in the recordings.
 */
record KernelDisk(FileSystem files) implements AutoCloseable {
    /** @param directory where the file system itself is kept */
    static KernelDisk in(Path directory) {
        try {
            KernelDisk disk = new KernelDisk(
                    FileSystems.newFileSystem(directory.resolve("kernel.zip"), Map.of("create", "true")));
            Files.write(disk.kernel(), TinyKernel.ofOnePage().elf());
            return disk;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path kernel() {
        return files.getPath("/kernel");
    }

    @Override
    public void close() {
        try {
            files.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
