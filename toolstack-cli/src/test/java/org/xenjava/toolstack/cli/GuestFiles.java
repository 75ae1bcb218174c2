// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.xenjava.toolstack.sim.guest.HaltingKernel;
import org.xenjava.toolstack.sim.guest.HaltingPvKernel;

/** Guests that can be planned and built: a kernel of one page, and xl.cfg files. */
public final class GuestFiles {
    private final Path directory;

    public GuestFiles(Path directory) {
        this.directory = directory;
    }

    /** The path of a file with these lines, besides a name, PVH, and the kernel. */
    public String config(String name, String... lines) {
        Path kernel = write("kernel", HaltingKernel.elf());
        String text = "name = '" + name + "'\ntype = 'pvh'\nkernel = '" + kernel + "'\n" + String.join("\n", lines);
        return write(name + ".cfg", text.getBytes(StandardCharsets.UTF_8)).toString();
    }

    /** The path of a file of a PV guest with these lines, besides a name, the type, and the kernel. */
    public String pvConfig(String name, String... lines) {
        Path kernel = write("pv-kernel", HaltingPvKernel.elf());
        String text = "name = '" + name + "'\ntype = 'pv'\nkernel = '" + kernel + "'\n" + String.join("\n", lines);
        return write(name + ".cfg", text.getBytes(StandardCharsets.UTF_8)).toString();
    }

    public Path write(String name, byte[] content) {
        try {
            return Files.write(directory.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
