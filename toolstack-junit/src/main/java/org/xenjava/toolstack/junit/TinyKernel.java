// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.xenjava.toolstack.sim.guest.HaltingKernel;

/** A kernel file for the configurations of simulated guests: the smallest ELF file that boots as PVH. */
public final class TinyKernel {
    private static final Path FILE = write();

    private TinyKernel() {}

    /** {@return the file, which exists as long as the JVM runs} */
    public static Path file() {
        return FILE;
    }

    private static Path write() {
        try {
            Path file = Files.createTempFile("tiny", ".kernel");
            file.toFile().deleteOnExit();
            return Files.write(file, HaltingKernel.elf());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
