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
import org.xenjava.toolstack.image.TinyKernel;

/**
 * A guest that can be built where its files do not exist: a file with {@link TinyKernel} stands in for each, and disks
 * and network cards are left out. Memory is what matters here, and what is in the files takes from the cache and from
 * the entries alike.
 */
final class StandIns implements AutoCloseable {
    private final DomainConfig guest;
    private final List<Path> missing;
    private final Optional<Path> file;

    private StandIns(DomainConfig guest, List<Path> missing, Optional<Path> file) {
        this.guest = guest;
        this.missing = missing;
        this.file = file;
    }

    static StandIns forWhatIsMissingOf(DomainConfig config) {
        List<Path> missing = Stream.concat(config.kernel().stream(), config.ramdisk().stream())
                .filter(Files::notExists)
                .toList();
        DomainConfig.Builder guest = config.toBuilder().disks(List.of()).nics(List.of());
        if (missing.isEmpty()) {
            return new StandIns(guest.build(), missing, Optional.empty());
        }
        Path file = writeFile();
        config.kernel().filter(missing::contains).ifPresent(kernel -> guest.kernel(file));
        config.ramdisk().filter(missing::contains).ifPresent(ramdisk -> guest.ramdisk(file));
        return new StandIns(guest.build(), missing, Optional.of(file));
    }

    private static Path writeFile() {
        try {
            return Files.write(Files.createTempFile("rehearsal", ".elf"), TinyKernel.elf());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What can be built. */
    DomainConfig guest() {
        return guest;
    }

    /** What is not there. */
    List<Path> missing() {
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
