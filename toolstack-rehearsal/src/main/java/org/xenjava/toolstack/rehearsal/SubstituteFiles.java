// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.sim.guest.HaltingKernel;
import org.xenjava.toolstack.sim.guest.HaltingPvKernel;

/**
 * A guest whose kernel and ramdisk can be read although its own are not on this machine: a file with {@link
 * HaltingKernel} takes the place of each. The sizes of these files change neither the sizes of the guest nor its
 * balance of entries and cache.
 */
public final class SubstituteFiles implements AutoCloseable {
    private final DomainConfig guest;
    private final List<Path> missing;
    private final Optional<Path> file;

    private SubstituteFiles(DomainConfig guest, List<Path> missing, Optional<Path> file) {
        this.guest = guest;
        this.missing = missing;
        this.file = file;
    }

    /**
     * Looks for the guest's files and writes a temporary file if one is missing; {@link #close} removes it.
     *
     * @param config the guest
     * @return the guest with its substitutes
     */
    public static SubstituteFiles of(DomainConfig config) {
        List<Path> missing = Stream.concat(config.kernel().stream(), config.ramdisk().stream())
                .filter(Files::notExists)
                .toList();
        DomainConfig.Builder guest = config.toBuilder();
        if (missing.isEmpty()) {
            return new SubstituteFiles(guest.build(), missing, Optional.empty());
        }
        Path file = writeFile(config.type());
        config.kernel().filter(missing::contains).ifPresent(kernel -> guest.kernel(file));
        config.ramdisk().filter(missing::contains).ifPresent(ramdisk -> guest.ramdisk(file));
        return new SubstituteFiles(guest.build(), missing, Optional.of(file));
    }

    private static Path writeFile(DomainType type) {
        try {
            byte[] kernel = type == DomainType.PV ? HaltingPvKernel.elf() : HaltingKernel.elf();
            return Files.write(Files.createTempFile("rehearsal", ".elf"), kernel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the guest with the substitutes} */
    public DomainConfig guest() {
        return guest;
    }

    /** {@return the files of the guest that are not on this machine} */
    public List<Path> missing() {
        return missing;
    }

    @Override
    public void close() {
        file.ifPresent(path -> {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
