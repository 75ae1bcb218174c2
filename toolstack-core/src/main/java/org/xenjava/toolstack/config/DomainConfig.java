// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.apache.commons.lang3.StringUtils;
import org.xenjava.toolstack.error.ConfigException;

/**
 * A guest, as its owner wants it. Immutable and valid: the constructor refuses what no host could build, with a
 * {@link ConfigException}. Make one with {@link #builder} or read an xl.cfg with {@code XlConfigReader}.
 *
 * @param name 1 … 255 characters, no control characters, no {@code /}, not only digits (a number is a domid)
 * @param type kind of guest
 * @param kernel PVH: a bzImage or an ELF file with a PVH note; required
 * @param ramdisk the initial ramdisk, if any; passed on untouched
 * @param commandLine the kernel's command line; may be empty
 * @param memoryKib what the guest gets at boot, in KiB; whole MiB, 1 MiB or more
 * @param maxMemoryKib what it may grow to, in KiB; whole MiB, {@code memoryKib} or more. If it is more, the guest
 *     boots in populate-on-demand mode and needs a balloon driver
 * @param vcpus vCPUs online at boot, 1 … {@code maxVcpus}
 * @param maxVcpus vCPUs that it may have online, 1 … 128 (Xen's {@code HVM_MAX_VCPUS})
 * @param uuid its UUID; a random one is chosen at each build if it is empty
 * @param lifecycle what becomes of it when it stops
 */
public record DomainConfig(
        String name,
        DomainType type,
        Optional<Path> kernel,
        Optional<Path> ramdisk,
        String commandLine,
        long memoryKib,
        long maxMemoryKib,
        int vcpus,
        int maxVcpus,
        Optional<UUID> uuid,
        Lifecycle lifecycle) {

    /** Largest number of vCPUs of an HVM or PVH domain ({@code HVM_MAX_VCPUS}). */
    public static final int MAX_VCPUS = 128;

    /** Largest memory in KiB, 16 TiB: beyond it the hypercalls' results no longer fit an int on Linux. */
    public static final long MAX_MEMORY_KIB = 16L << 30;

    private static final int NAME_LIMIT = 255;
    private static final long KIB_PER_MIB = 1024;

    /**
     * @param onPoweroff after the guest powered itself off
     * @param onReboot after it asked for a reboot
     * @param onCrash after it crashed, or Xen crashed it
     */
    public record Lifecycle(LifecycleAction onPoweroff, LifecycleAction onReboot, LifecycleAction onCrash) {
        /** xl's defaults: destroy, restart, destroy. */
        public static final Lifecycle DEFAULT =
                new Lifecycle(LifecycleAction.DESTROY, LifecycleAction.RESTART, LifecycleAction.DESTROY);
    }

    public DomainConfig {
        requireName(name);
        if (type == DomainType.PVH && kernel.isEmpty()) {
            throw new ConfigException("domain " + name + ": a PVH guest needs a kernel");
        }
        requireMemory(name, memoryKib, maxMemoryKib);
        if (maxVcpus < 1 || maxVcpus > MAX_VCPUS) {
            throw new ConfigException("domain " + name + ": maxvcpus=" + maxVcpus + " is not in 1 … " + MAX_VCPUS);
        }
        if (vcpus < 1 || vcpus > maxVcpus) {
            throw new ConfigException("domain " + name + ": vcpus=" + vcpus + " is not in 1 … maxvcpus=" + maxVcpus);
        }
    }

    /** The guest boots in populate-on-demand mode. */
    public boolean populateOnDemand() {
        return memoryKib < maxMemoryKib;
    }

    /** A builder with xl's defaults: PVH, one vCPU, no ramdisk, empty command line. */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** A builder that starts from this configuration. */
    public Builder toBuilder() {
        Builder builder = new Builder(name)
                .type(type)
                .commandLine(commandLine)
                .memoryKib(memoryKib)
                .maxMemoryKib(maxMemoryKib)
                .vcpus(vcpus)
                .maxVcpus(maxVcpus)
                .lifecycle(lifecycle);
        kernel.ifPresent(builder::kernel);
        ramdisk.ifPresent(builder::ramdisk);
        uuid.ifPresent(builder::uuid);
        return builder;
    }

    private static void requireName(String name) {
        if (name.isBlank() || name.length() > NAME_LIMIT) {
            throw new ConfigException("a domain's name has 1 … " + NAME_LIMIT + " characters: '" + name + "'");
        }
        if (name.indexOf('/') >= 0 || name.chars().anyMatch(Character::isISOControl)) {
            throw new ConfigException("a domain's name has no '/' and no control characters: '" + name + "'");
        }
        if (StringUtils.isNumeric(name)) {
            throw new ConfigException("a domain's name is not a number, which would be a domid: '" + name + "'");
        }
    }

    private static void requireMemory(String name, long memoryKib, long maxMemoryKib) {
        if (memoryKib < KIB_PER_MIB || maxMemoryKib > MAX_MEMORY_KIB) {
            throw new ConfigException(
                    "domain " + name + ": memory is 1 MiB … 16 TiB, not " + memoryKib + " … " + maxMemoryKib + " KiB");
        }
        if (memoryKib % KIB_PER_MIB != 0 || maxMemoryKib % KIB_PER_MIB != 0) {
            throw new ConfigException("domain " + name + ": memory and maxmem are whole MiB, not " + memoryKib + " and "
                    + maxMemoryKib + " KiB");
        }
        if (maxMemoryKib < memoryKib) {
            throw new ConfigException("domain " + name + ": maxmem (" + maxMemoryKib + " KiB) is less than memory ("
                    + memoryKib + " KiB)");
        }
    }

    /** Collects a configuration; {@link #build} validates it. */
    public static final class Builder {
        private final String name;
        private DomainType type = DomainType.PVH;
        private Optional<Path> kernel = Optional.empty();
        private Optional<Path> ramdisk = Optional.empty();
        private String commandLine = "";
        private long memoryKib;
        private long maxMemoryKib;
        private int vcpus;
        private int maxVcpus;
        private Optional<UUID> uuid = Optional.empty();
        private Lifecycle lifecycle = Lifecycle.DEFAULT;

        private Builder(String name) {
            this.name = name;
        }

        public Builder type(DomainType value) {
            type = value;
            return this;
        }

        public Builder kernel(Path value) {
            kernel = Optional.of(value);
            return this;
        }

        public Builder ramdisk(Path value) {
            ramdisk = Optional.of(value);
            return this;
        }

        public Builder commandLine(String value) {
            commandLine = value;
            return this;
        }

        public Builder memoryMib(long value) {
            return memoryKib(Math.multiplyExact(value, KIB_PER_MIB));
        }

        public Builder memoryKib(long value) {
            memoryKib = value;
            return this;
        }

        /** Without it, maxmem is memory: no populate-on-demand. */
        public Builder maxMemoryMib(long value) {
            return maxMemoryKib(Math.multiplyExact(value, KIB_PER_MIB));
        }

        public Builder maxMemoryKib(long value) {
            maxMemoryKib = value;
            return this;
        }

        /** Without it, all of {@code maxVcpus}, or one. */
        public Builder vcpus(int value) {
            vcpus = value;
            return this;
        }

        /** Without it, as many as {@code vcpus}. */
        public Builder maxVcpus(int value) {
            maxVcpus = value;
            return this;
        }

        public Builder uuid(UUID value) {
            uuid = Optional.of(value);
            return this;
        }

        public Builder lifecycle(Lifecycle value) {
            lifecycle = value;
            return this;
        }

        /** @throws ConfigException if the values are not a valid configuration */
        public DomainConfig build() {
            int max = maxVcpus != 0 ? maxVcpus : Math.max(vcpus, 1);
            return new DomainConfig(
                    name,
                    type,
                    kernel,
                    ramdisk,
                    commandLine,
                    memoryKib,
                    maxMemoryKib != 0 ? maxMemoryKib : memoryKib,
                    vcpus != 0 ? vcpus : max,
                    max,
                    uuid,
                    lifecycle);
        }
    }
}
