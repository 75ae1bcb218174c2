// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.xenjava.toolstack.sim.guest.HaltingKernel;
import org.xenjava.toolstack.xenctrl.lib.FirmwareLocator;

/**
 * Placeholder firmware, since the simulation runs no instruction. A file that a guest names and that exists is used
 * instead.
 */
final class IdleFirmware implements FirmwareLocator {
    private static final class File {
        private static final Path PATH = write();

        private static Path write() {
            try {
                Path file = Files.createTempFile("firmware", ".elf");
                file.toFile().deleteOnExit();
                return Files.write(file, HaltingKernel.elf());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public Path loader(Optional<Path> named, String release) {
        return named.filter(Files::isRegularFile).orElse(File.PATH);
    }

    @Override
    public Path bios(String kind, Optional<Path> named, String release) {
        return named.filter(Files::isRegularFile).orElse(File.PATH);
    }
}
