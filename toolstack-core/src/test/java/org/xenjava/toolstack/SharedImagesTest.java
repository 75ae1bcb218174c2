// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.image.TestKernels;
import org.xenjava.toolstack.imagefile.ImageFiles;
import org.xenjava.toolstack.sim.SimulatedXen;

class SharedImagesTest {
    @TempDir
    private Path directory = Path.of("/");

    private final SimulatedXen xen = SimulatedXen.create();

    private void create(ToolstackOptions options, String name, Path kernel) {
        try (Toolstack toolstack = options.open(xen.host())) {
            toolstack.create(DomainConfig.builder(name)
                    .kernel(kernel)
                    .memoryMib(64)
                    .maxMemoryMib(64)
                    .build());
        }
    }

    @Test
    void toolstacksThatShareImagesUnpackAKernelOnce() throws IOException {
        Path kernel = Files.write(directory.resolve("vmlinuz"), TestKernels.compressed());
        long before = ImageFiles.ofProcess().unpackings();
        create(Toolstack.options().sharingImages(), "one", kernel);
        create(Toolstack.options().sharingImages(), "two", kernel);
        assertEquals(before + 1, ImageFiles.ofProcess().unpackings());
        create(Toolstack.options(), "three", kernel);
        assertEquals(before + 1, ImageFiles.ofProcess().unpackings(), "one of its own");
    }
}
