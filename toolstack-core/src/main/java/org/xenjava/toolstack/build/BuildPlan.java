// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.image.PvhKernel;
import org.xenjava.toolstack.image.RamBounds;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.Pages;
import org.xenjava.toolstack.memory.PodPolicy;

/**
 * All that a build will do, decided before the first hypercall: {@code dry-run} shows it.
 *
 * @param config what was asked for
 * @param memory how much memory, where, and what Xen and the guest are told of it
 * @param image what bytes go where
 */
public record BuildPlan(DomainConfig config, MemoryPlan memory, ImagePlan image) {

    /**
     * Reads the kernel and the ramdisk, and plans.
     *
     * @throws ConfigException if the configuration cannot be built
     * @throws KernelImageException if a file cannot be read, is malformed, or does not fit into the guest
     */
    public static BuildPlan of(DomainConfig config, PodPolicy policy) {
        Path kernelFile = config.kernel()
                .orElseThrow(() -> new ConfigException("domain " + config.name() + ": no kernel is given"));
        MemoryPlan memory = MemoryPlan.pvh(config, policy, ImagePlan.ACPI_PAGES);
        PvhKernel kernel = PvhKernel.parse(read("kernel", kernelFile));
        Optional<byte[]> ramdisk = config.ramdisk().map(file -> read("ramdisk", file));
        ImagePlan image = ImagePlan.of(
                kernel,
                ramdisk,
                config.commandLine(),
                config.maxVcpus(),
                new RamBounds(
                        memory.lowMemEnd(),
                        memory.highMemEnd(),
                        memory.shape().ram().count() << Pages.SHIFT));
        return new BuildPlan(config, memory, image);
    }

    private static byte[] read(String what, Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new KernelImageException("the " + what + " " + file + " does not exist", e);
        } catch (IOException | OutOfMemoryError e) {
            throw new KernelImageException("the " + what + " " + file + " cannot be read: " + e, e);
        }
    }
}
