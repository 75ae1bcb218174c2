// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.xenjava.toolstack.sim.guest.HaltingKernel;

/** Kernels of benchmarks. */
final class Kernels {
    private Kernels() {}

    /** A kernel of one page in a temporary file. */
    static Path temporary() {
        try {
            return Files.write(Files.createTempFile("benchmark", ".elf"), HaltingKernel.elf());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
