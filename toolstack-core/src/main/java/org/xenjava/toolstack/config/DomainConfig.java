// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.collect.Maps;
import com.google.common.collect.Sets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * A guest's configuration. Immutable and valid: the constructor throws a {@link ConfigException} that lists every
 * problem. Make one with {@link #builder}, or read an xl.cfg file with
 * {@link org.xenjava.toolstack.config.xl.XlConfigReader}.
 *
 * @param name 1 … 255 visible characters, no {@code /}, not only digits (a number is a domid)
 * @param type kind of guest
 * @param kernel for PVH, the required kernel: a bzImage or an ELF file with a PVH note; for HVM, an optional kernel
 *     to boot instead of a disk. A relative path is relative to the directory in which the process runs
 * @param ramdisk the initial ramdisk; only with a kernel
 * @param bootLoader the program that finds the kernel of a guest without one; never of an HVM guest
 * @param commandLine the kernel's command line, without NUL; may be empty; only with a kernel or a boot loader
 * @param sizes the guest's memory at boot and its maximum
 * @param vcpus vCPUs online at boot, 1 … {@code maxVcpus}
 * @param maxVcpus vCPUs that the guest may bring online, 1 … 128 (Xen's {@code HVM_MAX_VCPUS})
 * @param clock the time that the guest sees
 * @param limits Xen's limits for the guest
 * @param paging how Xen translates the guest's addresses
 * @param processor the processors that the guest sees
 * @param placement where the guest's vCPUs run, and how much
 * @param virtualNodes the NUMA nodes that the guest sees; none for a guest that sees one node
 * @param options properties of the domain
 * @param uuid the guest's UUID; if it is empty, each build chooses a random one
 * @param lifecycle actions when the guest stops
 * @param disks the disks, in the file's order; no two with the same {@link DiskConfig#number}
 * @param nics the network cards; no two with the same {@link NicConfig#devidAt}
 * @param otherDevices devices other than disks and network cards
 * @param describedKeys keys that cannot be carried out yet, with their values
 * @param label the XSM label of the domain; if it is empty, that of Xen's policy
 * @param deviceModel the QEMU of the guest, if it needs one
 * @param hvm the machine of an HVM guest; empty for every other guest
 */
public record DomainConfig(
        String name,
        DomainType type,
        Optional<Path> kernel,
        Optional<Path> ramdisk,
        Optional<BootLoader> bootLoader,
        String commandLine,
        MemorySizes sizes,
        int vcpus,
        int maxVcpus,
        ClockConfig clock,
        LimitsConfig limits,
        PagingConfig paging,
        ProcessorConfig processor,
        CpuPlacement placement,
        List<VirtualNode> virtualNodes,
        Set<GuestOption> options,
        Optional<UUID> uuid,
        Lifecycle lifecycle,
        List<DiskConfig> disks,
        List<NicConfig> nics,
        List<OtherDevice> otherDevices,
        Map<DescribedKey, String> describedKeys,
        Optional<String> label,
        DeviceModel deviceModel,
        Optional<HvmConfig> hvm) {

    /** libxl's default, in MiB. */
    private static final String DEVICE_MEMORY_BOUNDARY = "2048";

    private static final String KIB = "KiB";

    /** Largest number of vCPUs of an HVM or PVH domain ({@code HVM_MAX_VCPUS}). */
    public static final int MAX_VCPUS = 128;

    /**
     * A program that finds the kernel of a PV or PVH guest on the guest's first disk. A build runs it without rights
     * on the host.
     *
     * @param program a path, or a name such as {@code pygrub} that libxl looks up; not empty
     * @param arguments further arguments of the program
     */
    public record BootLoader(String program, List<String> arguments) {
        /**
         * Copies the list, so that the record is immutable.
         *
         * @param program a path or a name, not empty
         * @param arguments further arguments of the program
         * @throws ConfigException if the program is empty
         */
        public BootLoader {
            arguments = List.copyOf(arguments);
            if (program.isEmpty()) {
                throw new ConfigException("the boot loader's path is empty");
            }
        }
    }

    /**
     * The action for each way in which a guest stops.
     *
     * @param onPoweroff action after the guest powered itself off
     * @param onReboot action after the guest requested a reboot
     * @param onCrash action after the guest crashed
     * @param onWatchdog action after the guest's watchdog timer in Xen expired
     * @param onSoftReset action after the guest requested a soft reset, as Linux' kexec does
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

        /**
         * Creates actions of which the other two are xl's defaults.
         *
         * @param onPoweroff action after the guest powered itself off
         * @param onReboot action after the guest requested a reboot
         * @param onCrash action after the guest crashed
         */
        public Lifecycle(LifecycleAction onPoweroff, LifecycleAction onReboot, LifecycleAction onCrash) {
            this(onPoweroff, onReboot, onCrash, LifecycleAction.DESTROY, LifecycleAction.SOFT_RESET);
        }
    }

    /**
     * Checks the values and copies the collections, so that the record is immutable.
     *
     * @param name 1 … 255 visible characters, no {@code /}, not only digits (a number is a domid)
     * @param type kind of guest
     * @param kernel for PVH, the required kernel: a bzImage or an ELF file with a PVH note; for HVM, an optional
     *     kernel to boot instead of a disk. A relative path is relative to the directory in which the process runs
     * @param ramdisk the initial ramdisk; only with a kernel
     * @param bootLoader the program that finds the kernel of a guest without one; never of an HVM guest
     * @param commandLine the kernel's command line, without NUL; may be empty; only with a kernel or a boot loader
     * @param sizes the guest's memory at boot and its maximum
     * @param vcpus vCPUs online at boot, 1 … {@code maxVcpus}
     * @param maxVcpus vCPUs that the guest may bring online, 1 … 128 (Xen's {@code HVM_MAX_VCPUS})
     * @param clock the time that the guest sees
     * @param limits Xen's limits for the guest
     * @param paging how Xen translates the guest's addresses
     * @param processor the processors that the guest sees
     * @param placement where the guest's vCPUs run, and how much
     * @param virtualNodes the NUMA nodes that the guest sees; none for a guest that sees one node
     * @param options properties of the domain
     * @param uuid the guest's UUID; if it is empty, each build chooses a random one
     * @param lifecycle actions when the guest stops
     * @param disks the disks, in the file's order; no two with the same {@link DiskConfig#number}
     * @param nics the network cards; no two with the same {@link NicConfig#devidAt}
     * @param otherDevices devices other than disks and network cards
     * @param describedKeys keys that cannot be carried out yet, with their values
     * @param label the XSM label of the domain; if it is empty, that of Xen's policy
     * @param deviceModel the QEMU of the guest, if it needs one
     * @param hvm the machine of an HVM guest; empty for every other guest
     * @throws ConfigException if values are out of range or do not fit together; its message lists every problem
     */
    public DomainConfig {
        virtualNodes = List.copyOf(virtualNodes);
        options = Sets.immutableEnumSet(options);
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
        otherDevices = List.copyOf(otherDevices);
        describedKeys = Maps.immutableEnumMap(describedKeys);
        ProblemCollector problems = new ProblemCollector()
                .add(DomainRules.ofName(name), "name")
                .add(DomainRules.ofKernel(type, kernel, bootLoader), "kernel", "type")
                .add(DomainRules.ofBootLoader(type, bootLoader), "bootloader", "type")
                .add(DomainRules.ofRamdisk(kernel, ramdisk), "ramdisk", "kernel")
                .add(DomainRules.ofDirectBoot(kernel, bootLoader, commandLine), "cmdline", "extra", "root", "kernel")
                .add(kernel.flatMap(file -> DomainRules.ofFile("kernel", file)), "kernel")
                .add(ramdisk.flatMap(file -> DomainRules.ofFile("ramdisk", file)), "ramdisk")
                .add(DomainRules.ofCommandLine(commandLine), "cmdline", "extra", "root")
                .add(DomainRules.ofVcpus(vcpus), "vcpus")
                .add(DomainRules.ofMaxVcpus(vcpus, maxVcpus), "maxvcpus", "vcpus")
                .add(DomainRules.ofPlacement(placement, maxVcpus), "cpus", "cpus_soft", "cap")
                .add(
                        DomainRules.ofNodes(virtualNodes, type, sizes, maxVcpus, videoRam(hvm))
                                .map(complaint -> "vnuma: " + complaint),
                        "vnuma",
                        "maxmem",
                        "memory",
                        "maxvcpus",
                        "type")
                .add(DomainRules.ofMachine(type, hvm), "type")
                .add(DomainRules.ofOptions(type, options), "e820_host", "type")
                .add(DomainRules.ofAltp2m(paging, processor, sizes), "altp2m", "altp2mhvm", "maxmem", "nestedhvm")
                .add(DomainRules.ofNestedPaging(paging, processor), "nestedhvm", "hap")
                .add(DomainRules.ofVideoRam(sizes.memory(), videoRam(hvm)), "memory", "maxmem", "videoram", "vga")
                .add(label.flatMap(text -> DeviceRules.ofText("label", text)), "seclabel", "init_seclabel")
                .add(DeviceRules.ofDisks(hvm, disks), "disk", "type")
                .add(DeviceRules.ofNics(type, nics), "vif", "type");
        describedKeys.forEach((key, value) -> problems.add(key.complaint(type, value), key.key(), "type"));
        problems.throwIfAny(DomainRules.subject(name));
    }

    /** {@return the memory that the guest gets at boot} */
    public KiB memory() {
        return sizes.memory();
    }

    /** {@return the PCI devices of the host that the guest has} */
    public List<OtherDevice> pciDevices() {
        return otherDevices.stream()
                .filter(device -> device.kind() == OtherDevice.Kind.PCI)
                .toList();
    }

    /** {@return the USB controllers for devices of the host, and these devices, that the guest has} */
    public List<OtherDevice> usbDevices() {
        return otherDevices.stream()
                .filter(device -> OtherDevice.USB.contains(device.kind()))
                .toList();
    }

    /** {@return the same configuration with other USB controllers and devices of the host}
     *
     * @param usb all that it has then
     */
    public DomainConfig withUsbDevices(List<OtherDevice> usb) {
        List<OtherDevice> devices = new ArrayList<>(otherDevices);
        devices.removeIf(device -> OtherDevice.USB.contains(device.kind()));
        devices.addAll(usb);
        return toBuilder().otherDevices(devices).build();
    }

    /** {@return whether the guest has PCI devices of the host, or may get some later} */
    public boolean mayHavePciDevices() {
        return !pciDevices().isEmpty() || describedKeys.containsKey(DescribedKey.PASSTHROUGH);
    }

    /** {@return the address below which RAM stays RAM although a device of the host reserves memory there, in bytes} */
    public long deviceMemoryBoundary() {
        String text = describedKeys.getOrDefault(DescribedKey.RDM_MEM_BOUNDARY, DEVICE_MEMORY_BOUNDARY);
        return text.endsWith(KIB)
                ? Long.parseLong(text.substring(0, text.length() - KIB.length())) << 10
                : Long.parseLong(text) << 20;
    }

    /** {@return whether {@code passthrough} wants the IOMMU to use the page tables of an HVM guest} */
    public boolean sharesIommuTables() {
        return "share_pt".equals(describedKeys.get(DescribedKey.PASSTHROUGH));
    }

    /** {@return the memory that the guest may grow to} */
    public KiB maxMemory() {
        return sizes.maxMemory();
    }

    /**
     * {@return the network card with a number; empty if there is none}
     *
     * @param devid number of the device
     */
    public Optional<NicConfig> nic(int devid) {
        return IntStream.range(0, nics.size())
                .filter(place -> nics.get(place).devidAt(place) == devid)
                .mapToObj(nics::get)
                .findFirst();
    }

    /** {@return whether the guest boots in populate-on-demand mode; a PV guest never does} */
    public boolean populateOnDemand() {
        return type != DomainType.PV && sizes.populateOnDemand();
    }

    /** {@return the graphics card's part of the memory; 0 for PVH} */
    public KiB videoRam() {
        return videoRam(hvm);
    }

    private static KiB videoRam(Optional<HvmConfig> hvm) {
        return hvm.map(machine -> machine.graphics().videoRam()).orElse(KiB.ZERO);
    }

    /**
     * {@return the same guest with a UUID, with a MAC address for each network card, and with a generation ID if it is to have
     * one; missing ones are chosen at random} A rebuild from the result, as for a reboot, looks the same to the network and to the guest.
     *
     * @param random source of a missing UUID and of missing addresses
     */
    public DomainConfig completed(RandomGenerator random) {
        Set<MacAddress> taken = new HashSet<>();
        nics.forEach(nic -> nic.mac().ifPresent(taken::add));
        List<NicConfig> addressed = nics.stream()
                .map(nic -> nic.mac().isPresent() ? nic : nic.withMac(newMac(random, taken)))
                .toList();
        Builder builder =
                toBuilder().uuid(uuid.orElseGet(() -> randomUuid(random))).nics(addressed);
        hvm.map(machine -> machine.completed(random)).ifPresent(builder::hvm);
        return builder.build();
    }

    /**
     * {@return the same guest with absolute paths of kernel and ramdisk, so that it does not depend on the working
     * directory}
     */
    public DomainConfig located() {
        Builder builder = toBuilder();
        kernel.map(Path::toAbsolutePath).ifPresent(builder::kernel);
        ramdisk.map(Path::toAbsolutePath).ifPresent(builder::ramdisk);
        return builder.build();
    }

    private static MacAddress newMac(RandomGenerator random, Set<MacAddress> taken) {
        return Stream.generate(() -> MacAddress.random(random))
                .filter(taken::add)
                .findFirst()
                .orElseThrow();
    }

    /** A random UUID, version 4 of RFC 4122. */
    private static UUID randomUuid(RandomGenerator random) {
        return new UUID(random.nextLong() & ~0xf000L | 0x4000L, random.nextLong() & ~0L >>> 2 | 1L << 63);
    }

    /**
     * {@return a builder with xl's defaults (one vCPU, no ramdisk, empty command line), but PVH instead of PV}
     *
     * @param name the guest's name
     */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /**
     * Checks the name of a domain.
     *
     * @param name 1 … 255 visible characters, no {@code /}, not only digits
     * @return the name
     * @throws ConfigException if no domain can have it
     */
    public static String requireName(String name) {
        DomainRules.ofName(name).ifPresent(reason -> {
            throw new ConfigException(reason);
        });
        return name;
    }

    /** {@return a builder that starts from this configuration} */
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
                .processor(processor)
                .placement(placement)
                .virtualNodes(virtualNodes)
                .options(options)
                .lifecycle(lifecycle)
                .disks(disks)
                .nics(nics)
                .otherDevices(otherDevices)
                .describedKeys(describedKeys)
                .deviceModel(deviceModel);
        label.ifPresent(builder::label);
        hvm.ifPresent(builder::hvm);
        kernel.ifPresent(builder::kernel);
        ramdisk.ifPresent(builder::ramdisk);
        bootLoader.ifPresent(builder::bootLoader);
        uuid.ifPresent(builder::uuid);
        return builder;
    }

    /** Collects a configuration; {@link #build} validates it. */
    public static final class Builder {
        /** Stands in for invalid sizes while the other values are checked. */
        private static final MemorySizes ANY_MEMORY = new MemorySizes(MemorySizes.MAXIMUM, MemorySizes.MAXIMUM);

        private String name;
        private DomainType type = DomainType.PVH;
        private Optional<Path> kernel = Optional.empty();
        private Optional<Path> ramdisk = Optional.empty();
        private Optional<BootLoader> bootLoader = Optional.empty();
        private String commandLine = "";
        private KiB memory = KiB.ZERO;
        private Optional<KiB> maxMemory = Optional.empty();
        private OptionalInt vcpus = OptionalInt.empty();
        private OptionalInt maxVcpus = OptionalInt.empty();
        private ClockConfig clock = ClockConfig.DEFAULT;
        private LimitsConfig limits = LimitsConfig.DEFAULT;
        private PagingConfig paging = PagingConfig.DEFAULT;
        private ProcessorConfig processor = ProcessorConfig.DEFAULT;
        private CpuPlacement placement = CpuPlacement.DEFAULT;
        private List<VirtualNode> virtualNodes = List.of();
        private Set<GuestOption> options = Set.of();
        private Optional<UUID> uuid = Optional.empty();
        private Lifecycle lifecycle = Lifecycle.DEFAULT;
        private List<DiskConfig> disks = List.of();
        private List<NicConfig> nics = List.of();
        private List<OtherDevice> otherDevices = List.of();
        private Map<DescribedKey, String> describedKeys = Map.of();
        private Optional<String> label = Optional.empty();
        private DeviceModel deviceModel = DeviceModel.DEFAULT;
        private Optional<HvmConfig> hvm = Optional.empty();

        private Builder(String name) {
            this.name = name;
        }

        /**
         * Replaces the name.
         *
         * @param value 1 … 255 visible characters, no {@code /}, not only digits
         * @return this builder
         */
        public Builder name(String value) {
            name = value;
            return this;
        }

        /**
         * Sets the kind of guest.
         *
         * @param value the kind; the default is PVH
         * @return this builder
         */
        public Builder type(DomainType value) {
            type = value;
            return this;
        }

        /**
         * Sets the kernel, which a PVH guest needs.
         *
         * @param value path of a bzImage or an ELF file
         * @return this builder
         */
        public Builder kernel(Path value) {
            kernel = Optional.of(value);
            return this;
        }

        /**
         * Sets the initial ramdisk.
         *
         * @param value path of the file
         * @return this builder
         */
        public Builder ramdisk(Path value) {
            ramdisk = Optional.of(value);
            return this;
        }

        /**
         * Sets the program that finds the kernel.
         *
         * @param value the boot loader of a guest that is no HVM guest
         * @return this builder
         */
        public Builder bootLoader(BootLoader value) {
            bootLoader = Optional.of(value);
            return this;
        }

        /**
         * Sets the kernel's command line.
         *
         * @param value text without NUL; the default is empty
         * @return this builder
         */
        public Builder commandLine(String value) {
            commandLine = value;
            return this;
        }

        /**
         * Sets the memory at boot.
         *
         * @param value whole MiB, 1 or more
         * @return this builder
         * @throws ConfigException if the number is negative or too large
         */
        public Builder memoryMib(long value) {
            return memory(DomainRules.mib("memory", value));
        }

        /**
         * Sets the memory at boot.
         *
         * @param value whole MiB, 1 MiB or more
         * @return this builder
         */
        public Builder memory(KiB value) {
            memory = value;
            return this;
        }

        /**
         * Sets the memory that the guest may grow to; see {@link #maxMemory}.
         *
         * @param value whole MiB, the memory at boot or more
         * @return this builder
         * @throws ConfigException if the number is negative or too large
         */
        public Builder maxMemoryMib(long value) {
            return maxMemory(DomainRules.mib("maxmem", value));
        }

        /**
         * Sets the memory that the guest may grow to. The default is the memory at boot; more makes a
         * populate-on-demand guest.
         *
         * @param value whole MiB, the memory at boot or more
         * @return this builder
         */
        public Builder maxMemory(KiB value) {
            maxMemory = Optional.of(value);
            return this;
        }

        /**
         * Sets the number of vCPUs online at boot.
         *
         * @param value 1 … {@code maxVcpus}, which is the default; 1 if neither is set
         * @return this builder
         */
        public Builder vcpus(int value) {
            vcpus = OptionalInt.of(value);
            return this;
        }

        /**
         * Sets the number of vCPUs that the guest may bring online.
         *
         * @param value {@code vcpus}, which is the default, … {@link #MAX_VCPUS}
         * @return this builder
         */
        public Builder maxVcpus(int value) {
            maxVcpus = OptionalInt.of(value);
            return this;
        }

        /**
         * Sets the time that the guest sees.
         *
         * @param value the clock; the default is {@link ClockConfig#DEFAULT}
         * @return this builder
         */
        public Builder clock(ClockConfig value) {
            clock = value;
            return this;
        }

        /**
         * Sets Xen's limits for the guest.
         *
         * @param value the limits; the default is {@link LimitsConfig#DEFAULT}
         * @return this builder
         */
        public Builder limits(LimitsConfig value) {
            limits = value;
            return this;
        }

        /**
         * Sets how Xen translates the guest's addresses.
         *
         * @param value the paging; the default is {@link PagingConfig#DEFAULT}
         * @return this builder
         */
        public Builder paging(PagingConfig value) {
            paging = value;
            return this;
        }

        /**
         * Sets the processors that the guest sees.
         *
         * @param value the processors; the default is {@link ProcessorConfig#DEFAULT}
         * @return this builder
         */
        public Builder processor(ProcessorConfig value) {
            processor = value;
            return this;
        }

        /**
         * Sets where the guest's vCPUs run, and how much.
         *
         * @param value the placement; the default is {@link CpuPlacement#DEFAULT}
         * @return this builder
         */
        public Builder placement(CpuPlacement value) {
            placement = value;
            return this;
        }

        /**
         * Sets the NUMA nodes that the guest sees.
         *
         * @param value the nodes; their memory is the guest's, and each vCPU is in one of them; none by default
         * @return this builder
         */
        public Builder virtualNodes(List<VirtualNode> value) {
            virtualNodes = value;
            return this;
        }

        /**
         * Sets the properties of the domain.
         *
         * @param value the properties; none by default
         * @return this builder
         */
        public Builder options(Set<GuestOption> value) {
            options = value;
            return this;
        }

        /**
         * Sets the UUID.
         *
         * @param value the UUID; by default each build chooses a random one
         * @return this builder
         */
        public Builder uuid(UUID value) {
            uuid = Optional.of(value);
            return this;
        }

        /**
         * Sets the actions when the guest stops.
         *
         * @param value the actions; the default is {@link Lifecycle#DEFAULT}
         * @return this builder
         */
        public Builder lifecycle(Lifecycle value) {
            lifecycle = value;
            return this;
        }

        /**
         * Replaces the list of disks.
         *
         * @param value the disks; no two with the same {@link DiskConfig#number}
         * @return this builder
         */
        public Builder disks(List<DiskConfig> value) {
            disks = value;
            return this;
        }

        /**
         * Replaces the list of network cards.
         *
         * @param value the cards; no two with the same {@link NicConfig#devidAt}
         * @return this builder
         */
        public Builder nics(List<NicConfig> value) {
            nics = value;
            return this;
        }

        /**
         * Replaces the list of devices other than disks and network cards.
         *
         * @param value the devices; none by default
         * @return this builder
         */
        public Builder otherDevices(List<OtherDevice> value) {
            otherDevices = value;
            return this;
        }

        /**
         * Replaces the keys that cannot be carried out yet.
         *
         * @param value the keys and their values; none by default
         * @return this builder
         */
        public Builder describedKeys(Map<DescribedKey, String> value) {
            describedKeys = value;
            return this;
        }

        /**
         * Sets the XSM label. A Xen without XSM ignores it, with a warning in the log.
         *
         * @param value a label of Xen's policy, such as {@code system_u:system_r:domU_t}
         * @return this builder
         */
        public Builder label(String value) {
            label = Optional.of(value);
            return this;
        }

        /**
         * Sets the QEMU of an HVM guest, and of another guest that needs one for a disk.
         *
         * @param value the QEMU; the default is {@link DeviceModel#DEFAULT}
         * @return this builder
         */
        public Builder deviceModel(DeviceModel value) {
            deviceModel = value;
            return this;
        }

        /**
         * Sets the machine of an HVM guest.
         *
         * @param value the machine; the default for HVM guests is {@link HvmConfig#DEFAULT}
         * @return this builder
         */
        public Builder hvm(HvmConfig value) {
            hvm = Optional.of(value);
            return this;
        }

        /**
         * Makes the configuration.
         *
         * @return the configuration
         * @throws ConfigException if the values are not a valid configuration
         */
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
                    bootLoader,
                    commandLine,
                    sizes,
                    vcpus.orElse(most),
                    most,
                    clock,
                    limits,
                    paging,
                    processor,
                    placement,
                    virtualNodes,
                    options,
                    uuid,
                    lifecycle,
                    disks,
                    nics,
                    otherDevices,
                    describedKeys,
                    label,
                    deviceModel,
                    type == DomainType.HVM ? hvm.or(() -> Optional.of(HvmConfig.DEFAULT)) : hvm);
        }
    }
}
