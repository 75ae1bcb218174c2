// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * A guest, as its owner wants it. Immutable and valid: the constructor refuses what no host could build, with a
 * {@link ConfigException} that names everything wrong with it. Make one with {@link #builder} or read an xl.cfg file with
 * {@link org.xenjava.toolstack.config.xl.XlConfigReader}.
 *
 * @param name 1 … 255 characters, no control characters, no {@code /}, not only digits (a number is a domid)
 * @param type kind of guest
 * @param kernel PVH: a bzImage or an ELF file with a PVH note; required. HVM: a kernel to boot instead of a disk, if
 *     any. A relative path is relative to the directory in which the process runs
 * @param ramdisk the initial ramdisk, if any; passed on untouched. Only with a kernel
 * @param commandLine the kernel's command line; may be empty. No NUL. Only with a kernel
 * @param sizes the memory that the guest gets at boot, and what it may grow to
 * @param vcpus vCPUs online at boot, 1 … {@code maxVcpus}
 * @param maxVcpus vCPUs that it may have online, 1 … 128 (Xen's {@code HVM_MAX_VCPUS})
 * @param clock the time that the guest sees
 * @param limits what Xen lets it have at most
 * @param paging how Xen translates its addresses
 * @param uuid its UUID; a random one is chosen at each build if it is empty
 * @param lifecycle what becomes of it when it stops
 * @param disks its disks, in the file's order; no two with the same {@link DiskConfig#number}
 * @param nics its network cards; the index is the device's id, from 0
 * @param hvm the machine of an HVM guest; empty if and only if it is another guest
 */
public record DomainConfig(
        String name,
        DomainType type,
        Optional<Path> kernel,
        Optional<Path> ramdisk,
        String commandLine,
        MemorySizes sizes,
        int vcpus,
        int maxVcpus,
        ClockConfig clock,
        LimitsConfig limits,
        PagingConfig paging,
        Optional<UUID> uuid,
        Lifecycle lifecycle,
        List<DiskConfig> disks,
        List<NicConfig> nics,
        Optional<HvmConfig> hvm) {

    /** Largest number of vCPUs of an HVM or PVH domain ({@code HVM_MAX_VCPUS}). */
    public static final int MAX_VCPUS = 128;

    /**
     * @param onPoweroff after the guest powered itself off
     * @param onReboot after it asked for a reboot
     * @param onCrash after it crashed, or Xen crashed it
     * @param onWatchdog after Xen's watchdog, which the guest had armed, ran out
     * @param onSoftReset after it asked to start anew in the memory that it has, as Linux' kexec does
     */
    public record Lifecycle(
            LifecycleAction onPoweroff,
            LifecycleAction onReboot,
            LifecycleAction onCrash,
            LifecycleAction onWatchdog,
            LifecycleAction onSoftReset) {
        /** xl's defaults: destroy, restart, destroy, destroy, soft-reset. */
        public static final Lifecycle DEFAULT =
                new Lifecycle(LifecycleAction.DESTROY, LifecycleAction.RESTART, LifecycleAction.DESTROY);

        /** The others are as by default. */
        public Lifecycle(LifecycleAction onPoweroff, LifecycleAction onReboot, LifecycleAction onCrash) {
            this(onPoweroff, onReboot, onCrash, LifecycleAction.DESTROY, LifecycleAction.SOFT_RESET);
        }
    }

    public DomainConfig {
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
        new ProblemCollector()
                .add(DomainRules.ofName(name), "name")
                .add(DomainRules.ofKernel(type, kernel), "kernel", "type")
                .add(DomainRules.ofRamdisk(kernel, ramdisk), "ramdisk", "kernel")
                .add(DomainRules.ofDirectBoot(kernel, commandLine), "cmdline", "extra", "root", "kernel")
                .add(kernel.flatMap(file -> DomainRules.ofFile("kernel", file)), "kernel")
                .add(ramdisk.flatMap(file -> DomainRules.ofFile("ramdisk", file)), "ramdisk")
                .add(DomainRules.ofCommandLine(commandLine), "cmdline", "extra", "root")
                .add(DomainRules.ofVcpus(vcpus), "vcpus")
                .add(DomainRules.ofMaxVcpus(vcpus, maxVcpus), "maxvcpus", "vcpus")
                .add(DomainRules.ofMachine(type, hvm), "type")
                .add(DomainRules.ofVideoRam(sizes.memory(), videoRam(hvm)), "memory", "maxmem", "videoram", "vga")
                .add(DeviceRules.ofDisks(type, disks), "disk", "type")
                .add(DeviceRules.ofNics(type, nics), "vif", "type")
                .throwIfAny(DomainRules.subject(name));
    }

    /** The memory that the guest gets at boot. */
    public KiB memory() {
        return sizes.memory();
    }

    /** The memory that the guest may grow to. */
    public KiB maxMemory() {
        return sizes.maxMemory();
    }

    /** The guest boots in populate-on-demand mode. */
    public boolean populateOnDemand() {
        return sizes.populateOnDemand();
    }

    /** The part of its memory that is the graphics card's; 0 for PVH. */
    public KiB videoRam() {
        return videoRam(hvm);
    }

    private static KiB videoRam(Optional<HvmConfig> hvm) {
        return hvm.map(machine -> machine.graphics().videoRam()).orElse(KiB.ZERO);
    }

    /**
     * The same guest with what a build would choose at random chosen already: its UUID, and the MAC addresses of its
     * network cards. What is given stays. A guest that is built again from the result, as for a reboot, is the same to
     * the network and to its operating system.
     */
    public DomainConfig completed(RandomGenerator random) {
        Set<MacAddress> taken = new HashSet<>();
        nics.forEach(nic -> nic.mac().ifPresent(taken::add));
        List<NicConfig> addressed = nics.stream()
                .map(nic -> nic.mac().isPresent() ? nic : nic.withMac(newMac(random, taken)))
                .toList();
        return with(kernel, ramdisk, Optional.of(uuid.orElseGet(() -> randomUuid(random))), addressed);
    }

    /** The same guest, with its kernel and ramdisk by their absolute paths: the same in every directory. */
    public DomainConfig located() {
        return with(kernel.map(Path::toAbsolutePath), ramdisk.map(Path::toAbsolutePath), uuid, nics);
    }

    private DomainConfig with(
            Optional<Path> newKernel, Optional<Path> newRamdisk, Optional<UUID> newUuid, List<NicConfig> newNics) {
        return new DomainConfig(
                name,
                type,
                newKernel,
                newRamdisk,
                commandLine,
                sizes,
                vcpus,
                maxVcpus,
                clock,
                limits,
                paging,
                newUuid,
                lifecycle,
                disks,
                newNics,
                hvm);
    }

    private static MacAddress newMac(RandomGenerator random, Set<MacAddress> taken) {
        return Stream.generate(() -> MacAddress.random(random))
                .filter(taken::add)
                .findFirst()
                .orElseThrow();
    }

    /** Version 4 of RFC 4122. */
    private static UUID randomUuid(RandomGenerator random) {
        return new UUID(random.nextLong() & ~0xf000L | 0x4000L, random.nextLong() & ~0L >>> 2 | 1L << 63);
    }

    /** A builder with xl's defaults (one vCPU, no ramdisk, empty command line) and PVH, where xl has PV. */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** A builder that starts from this configuration. */
    public Builder toBuilder() {
        Builder builder = new Builder(name)
                .type(type)
                .commandLine(commandLine)
                .memory(memory())
                .maxMemory(maxMemory())
                .vcpus(vcpus)
                .maxVcpus(maxVcpus)
                .clock(clock)
                .limits(limits)
                .paging(paging)
                .lifecycle(lifecycle)
                .disks(disks)
                .nics(nics);
        hvm.ifPresent(builder::hvm);
        kernel.ifPresent(builder::kernel);
        ramdisk.ifPresent(builder::ramdisk);
        uuid.ifPresent(builder::uuid);
        return builder;
    }

    /** Collects a configuration; {@link #build} validates it. */
    public static final class Builder {
        /** In place of sizes that are wrong: what all other values fit. */
        private static final MemorySizes ANY_MEMORY = new MemorySizes(MemorySizes.MAXIMUM, MemorySizes.MAXIMUM);

        private String name;
        private DomainType type = DomainType.PVH;
        private Optional<Path> kernel = Optional.empty();
        private Optional<Path> ramdisk = Optional.empty();
        private String commandLine = "";
        private KiB memory = KiB.ZERO;
        private Optional<KiB> maxMemory = Optional.empty();
        private OptionalInt vcpus = OptionalInt.empty();
        private OptionalInt maxVcpus = OptionalInt.empty();
        private ClockConfig clock = ClockConfig.DEFAULT;
        private LimitsConfig limits = LimitsConfig.DEFAULT;
        private PagingConfig paging = PagingConfig.DEFAULT;
        private Optional<UUID> uuid = Optional.empty();
        private Lifecycle lifecycle = Lifecycle.DEFAULT;
        private List<DiskConfig> disks = List.of();
        private List<NicConfig> nics = List.of();
        private Optional<HvmConfig> hvm = Optional.empty();

        private Builder(String name) {
            this.name = name;
        }

        /** Another name than the one it began with. */
        public Builder name(String value) {
            name = value;
            return this;
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

        /** @throws ConfigException if the number is no amount of memory */
        public Builder memoryMib(long value) {
            return memory(DomainRules.mib("memory", value));
        }

        public Builder memory(KiB value) {
            memory = value;
            return this;
        }

        /**
         * As {@link #maxMemory}.
         *
         * @throws ConfigException if the number is no amount of memory
         */
        public Builder maxMemoryMib(long value) {
            return maxMemory(DomainRules.mib("maxmem", value));
        }

        /** Without it, maxmem is memory: no populate-on-demand. */
        public Builder maxMemory(KiB value) {
            maxMemory = Optional.of(value);
            return this;
        }

        /** Without it, all of {@code maxVcpus}, or one. */
        public Builder vcpus(int value) {
            vcpus = OptionalInt.of(value);
            return this;
        }

        /** Without it, as many as {@code vcpus}. */
        public Builder maxVcpus(int value) {
            maxVcpus = OptionalInt.of(value);
            return this;
        }

        public Builder clock(ClockConfig value) {
            clock = value;
            return this;
        }

        public Builder limits(LimitsConfig value) {
            limits = value;
            return this;
        }

        public Builder paging(PagingConfig value) {
            paging = value;
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

        /** All of them, in order. */
        public Builder disks(List<DiskConfig> value) {
            disks = value;
            return this;
        }

        /** All of them, in order. */
        public Builder nics(List<NicConfig> value) {
            nics = value;
            return this;
        }

        /** Without it, an HVM guest has {@link HvmConfig#DEFAULT}. Only for an HVM guest. */
        public Builder hvm(HvmConfig value) {
            hvm = Optional.of(value);
            return this;
        }

        /** @throws ConfigException if the values are not a valid configuration */
        public DomainConfig build() {
            ProblemCollector problems = new ProblemCollector();
            Optional<MemorySizes> sizes = problems.valid(() -> new MemorySizes(memory, maxMemory.orElse(memory)));
            Optional<DomainConfig> config = problems.valid(() -> config(sizes.orElse(ANY_MEMORY)));
            problems.throwIfAny(DomainRules.subject(name));
            return config.orElseThrow();
        }

        private DomainConfig config(MemorySizes sizes) {
            int most = maxVcpus.orElse(vcpus.orElse(1));
            return new DomainConfig(
                    name,
                    type,
                    kernel,
                    ramdisk,
                    commandLine,
                    sizes,
                    vcpus.orElse(most),
                    most,
                    clock,
                    limits,
                    paging,
                    uuid,
                    lifecycle,
                    disks,
                    nics,
                    type == DomainType.HVM ? hvm.or(() -> Optional.of(HvmConfig.DEFAULT)) : hvm);
        }
    }
}
