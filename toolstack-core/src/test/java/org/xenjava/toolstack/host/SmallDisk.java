// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of 8 KiB, which only root can mount: elsewhere the test is skipped. */
public final class SmallDisk implements AutoCloseable {
    private final Path directory;

    private SmallDisk(Path directory) {
        this.directory = directory;
    }

    /** Mounts it on a new directory. */
    public static SmallDisk below(Path parent) throws IOException {
        Path directory = Files.createDirectory(parent.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", directory.toString()) == 0, "only root mounts");
        return new SmallDisk(directory);
    }

    public Path directory() {
        return directory;
    }

    private static int run(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.onExit().join().exitValue();
    }

    @Override
    public void close() throws IOException {
        assertEquals(0, run("umount", "-l", directory.toString()));
    }
}
