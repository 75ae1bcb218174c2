// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.nio.file.Path;
import java.util.Optional;
import org.apache.commons.lang3.StringUtils;

/**
 * What no host could build. Each rule looks at one thing and answers with a complaint, or with nothing; so that {@link
 * DomainConfig} can state all complaints at once, and the reader of xl.cfg can say in which line each has its cause.
 */
final class DomainRules {
    private static final int NAME_LIMIT = 255;
    private static final long KIB_PER_MIB = 1024;

    private DomainRules() {}

    static Optional<String> ofName(String name) {
        if (name.isBlank() || name.length() > NAME_LIMIT) {
            return Optional.of("a domain's name has 1 … " + NAME_LIMIT + " characters: '"
                    + StringUtils.abbreviate(name, NAME_LIMIT) + "'");
        }
        if (name.indexOf('/') >= 0 || name.chars().anyMatch(Character::isISOControl)) {
            return Optional.of("a domain's name has no '/' and no control characters: '" + name + "'");
        }
        if (StringUtils.isNumeric(name)) {
            return Optional.of("a domain's name is not a number, which would be a domid: '" + name + "'");
        }
        return Optional.empty();
    }

    static Optional<String> ofKernel(DomainType type, Optional<Path> kernel) {
        return type == DomainType.PVH && kernel.isEmpty()
                ? Optional.of("a PVH guest needs a kernel")
                : Optional.empty();
    }

    /** A ramdisk and a command line are the kernel's: libxl refuses them without one, so that nobody waits for them. */
    static Optional<String> ofDirectBoot(Optional<Path> kernel, Optional<Path> ramdisk, String commandLine) {
        return kernel.isEmpty() && (ramdisk.isPresent() || !commandLine.isEmpty())
                ? Optional.of("a ramdisk or a command line is of no use without a kernel")
                : Optional.empty();
    }

    static Optional<String> ofFile(String what, Path file) {
        return file.toString().isEmpty() ? Optional.of("the " + what + "'s path is empty") : Optional.empty();
    }

    static Optional<String> ofCommandLine(String commandLine) {
        return commandLine.indexOf('\0') >= 0
                ? Optional.of("a command line ends at its first NUL character, so it has none inside")
                : Optional.empty();
    }

    static Optional<String> ofMemory(long memoryKib) {
        return memoryKib < KIB_PER_MIB ? Optional.of(outOfRange("memory", memoryKib)) : ofAmount("memory", memoryKib);
    }

    static Optional<String> ofMaxMemory(long memoryKib, long maxMemoryKib) {
        return maxMemoryKib < memoryKib
                ? Optional.of("maxmem (" + amount(maxMemoryKib) + ") is less than memory (" + amount(memoryKib) + ")")
                : ofAmount("maxmem", maxMemoryKib);
    }

    static Optional<String> ofVcpus(long vcpus) {
        return ofVcpuCount("vcpus", vcpus);
    }

    static Optional<String> ofMaxVcpus(long vcpus, long maxVcpus) {
        return ofVcpuCount("maxvcpus", maxVcpus)
                .or(() -> maxVcpus < vcpus
                        ? Optional.of("maxvcpus (" + maxVcpus + ") is less than vcpus (" + vcpus + ")")
                        : Optional.empty());
    }

    static Optional<String> ofMachine(DomainType type, Optional<HvmConfig> hvm) {
        return hvm.isPresent() != (type == DomainType.HVM)
                ? Optional.of("an HVM guest has an HVM machine, and no other guest has one")
                : Optional.empty();
    }

    static Optional<String> ofVideoRam(long memoryKib, long videoRamKib) {
        return memoryKib <= videoRamKib
                ? Optional.of("memory (" + amount(memoryKib) + ") leaves nothing beside " + amount(videoRamKib)
                        + " of video RAM")
                : Optional.empty();
    }

    private static Optional<String> ofVcpuCount(String key, long count) {
        return count < 1 || count > DomainConfig.MAX_VCPUS
                ? Optional.of(key + " is 1 … " + DomainConfig.MAX_VCPUS + ", not " + count)
                : Optional.empty();
    }

    private static Optional<String> ofAmount(String key, long kib) {
        if (kib > DomainConfig.MAX_MEMORY_KIB) {
            return Optional.of(outOfRange(key, kib));
        }
        return kib % KIB_PER_MIB != 0 ? Optional.of(key + " is whole MiB, not " + amount(kib)) : Optional.empty();
    }

    private static String outOfRange(String key, long kib) {
        return key + " is 1 MiB … 16 TiB, not " + amount(kib);
    }

    static String amount(long kib) {
        return kib % KIB_PER_MIB == 0 ? kib / KIB_PER_MIB + " MiB" : kib + " KiB";
    }
}
