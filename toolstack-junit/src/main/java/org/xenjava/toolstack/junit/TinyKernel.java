// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The {@link org.xenjava.toolstack.image.TinyKernel} as a file, as a guest's configuration wants it. */
public final class TinyKernel {
    private static final Path FILE = write();

    private TinyKernel() {}

    /** The file, which is there for as long as the JVM runs. */
    public static Path file() {
        return FILE;
    }

    private static Path write() {
        try {
            Path file = Files.createTempFile("tiny", ".kernel");
            file.toFile().deleteOnExit();
            return Files.write(file, org.xenjava.toolstack.image.TinyKernel.elf());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
