// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create.boot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.BootLoader;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.text.Visible;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;

/**
 * The kernel, the ramdisk and the command line of a guest: those of its configuration, or those that its boot loader has
 * found on its first disk. Closing removes the boot loader's files, which a build needs until its image is loaded.
 */
public final class BootFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BootFiles.class);

    /** The largest kernel or ramdisk, in bytes; less in a guest whose memory is smaller. */
    private static final long MOST_BYTES = 512L << 20;

    /** A boot loader reads a file system by itself, and unpacks nothing. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** The longest command line that Linux takes is half of it. */
    private static final int MOST_ARGUMENTS = 4096;

    private final Optional<Path> kernel;
    private final Optional<Path> ramdisk;
    private final String commandLine;
    private final Optional<Path> directory;

    private BootFiles(Optional<Path> kernel, Optional<Path> ramdisk, String commandLine, Optional<Path> directory) {
        this.kernel = kernel;
        this.ramdisk = ramdisk;
        this.commandLine = commandLine;
        this.directory = directory;
    }

    /**
     * Runs the boot loader of a guest that has one.
     *
     * @param process the identity of the process that needs the files
     * @param cancellation ends the boot loader
     * @throws ConfigException if the guest's first disk is none that a boot loader can read
     * @throws KernelImageException if the boot loader fails or finds no kernel
     */
    public static BootFiles of(DomainConfig config, HostInventory host, String process, Cancellation cancellation) {
        return config.bootLoader()
                .map(loader -> found(config, loader, host, process, cancellation))
                .orElseGet(
                        () -> new BootFiles(config.kernel(), config.ramdisk(), config.commandLine(), Optional.empty()));
    }

    /**
     * Refuses a guest whose boot loader cannot read its first disk.
     *
     * @throws ConfigException if it cannot
     */
    public static void requireReadableDisk(DomainConfig config) {
        config.bootLoader().ifPresent(loader -> disk(config, who(config, loader)));
    }

    private static String who(DomainConfig config, BootLoader loader) {
        return "domain " + config.name() + ": boot loader " + loader.program() + ": ";
    }

    private static BootFiles found(
            DomainConfig config, BootLoader loader, HostInventory host, String process, Cancellation cancellation) {
        String who = who(config, loader);
        String disk = disk(config, who);
        BootDirectory.removeAbandoned();
        Path directory = newDirectory(process, who);
        try {
            LOG.info("{}it reads {}", who, disk);
            BootLoaderRun run = new BootLoaderRun(
                    loader.program(),
                    host.release(),
                    arguments(config, loader),
                    disk,
                    directory,
                    Math.min(MOST_BYTES, config.maxMemory().value() << 10),
                    LIMIT);
            host.runBootLoader(run, cancellation::isCancelled).ifPresent(failure -> {
                throw new KernelImageException(who + failure);
            });
            Path kernel = directory.resolve(BootLoaderRun.KERNEL);
            if (!isFilled(kernel)) {
                throw new KernelImageException(who + "it has found no kernel on " + disk);
            }
            Path ramdisk = directory.resolve(BootLoaderRun.RAMDISK);
            if (Files.exists(ramdisk) && !isFilled(ramdisk)) {
                throw new KernelImageException(who + "the ramdisk that it has found on " + disk + " is empty");
            }
            return new BootFiles(
                    Optional.of(kernel),
                    Optional.of(ramdisk).filter(BootFiles::isFilled),
                    commandLine(directory.resolve(BootLoaderRun.ARGUMENTS), who),
                    Optional.of(directory));
        } catch (RuntimeException e) {
            BootDirectory.remove(directory);
            throw e;
        }
    }

    /** Returns the first disk, as libxl does. A boot loader reads the bytes of a disk, not a format of QEMU's. */
    private static String disk(DomainConfig config, String who) {
        DiskConfig disk = config.disks().stream()
                .findFirst()
                .orElseThrow(() -> new ConfigException(who + "the guest has no disk to boot from"));
        boolean isReadable = disk.format() == DiskConfig.Format.RAW
                && !disk.isEmptyDrive()
                && disk.script().isEmpty()
                && disk.backendDomain().isEmpty();
        if (!isReadable) {
            throw new ConfigException(who + "it reads a raw file or a block device of this host, and the first disk, "
                    + disk.vdev() + ", is none");
        }
        String target = disk.target().orElse("");
        return target.startsWith("/") ? target : "/dev/" + target;
    }

    /** What the configuration says about the kernel is passed on, as by libxl. */
    private static List<String> arguments(DomainConfig config, BootLoader loader) {
        List<String> arguments = new ArrayList<>();
        config.kernel().ifPresent(file -> arguments.add("--kernel=" + file));
        config.ramdisk().ifPresent(file -> arguments.add("--ramdisk=" + file));
        if (!config.commandLine().isEmpty()) {
            arguments.add("--args=" + config.commandLine());
        }
        arguments.addAll(loader.arguments());
        return arguments;
    }

    private static Path newDirectory(String process, String who) {
        try {
            return BootDirectory.create(process);
        } catch (IOException e) {
            throw new KernelImageException(who + "no directory for its files can be made: " + e.getMessage(), e);
        }
    }

    private static boolean isFilled(Path file) {
        try {
            return Files.isRegularFile(file) && Files.size(file) > 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static String commandLine(Path file, String who) {
        try {
            String text = Files.isRegularFile(file)
                    ? Files.readString(file, StandardCharsets.UTF_8).strip()
                    : "";
            if (text.length() > MOST_ARGUMENTS || text.chars().anyMatch(Character::isISOControl)) {
                throw new KernelImageException(who + "its command line is longer than " + MOST_ARGUMENTS
                        + " characters, or has control characters: "
                        + Visible.text(text.substring(0, Math.min(text.length(), 80))));
            }
            return text;
        } catch (IOException e) {
            throw new KernelImageException(who + "its command line cannot be read: " + e.getMessage(), e);
        }
    }

    /** The kernel. */
    public Optional<Path> kernel() {
        return kernel;
    }

    /** The ramdisk. */
    public Optional<Path> ramdisk() {
        return ramdisk;
    }

    /** The kernel's command line; may be empty. */
    public String commandLine() {
        return commandLine;
    }

    @Override
    public void close() {
        directory.ifPresent(BootDirectory::remove);
    }
}
