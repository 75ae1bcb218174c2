// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.ProcessorConfig;
import org.xenjava.toolstack.create.boot.BootFiles;
import org.xenjava.toolstack.create.boot.PvShim;
import org.xenjava.toolstack.device.plan.DevicePlan;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.DataImage;
import org.xenjava.toolstack.image.HvmFirmware;
import org.xenjava.toolstack.image.HvmImagePlan;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.image.PvImagePlan;
import org.xenjava.toolstack.image.PvKernel;
import org.xenjava.toolstack.image.PvhImagePlan;
import org.xenjava.toolstack.image.PvhImagePlan.LoadedFile;
import org.xenjava.toolstack.image.PvhKernel;
import org.xenjava.toolstack.image.RamBounds;
import org.xenjava.toolstack.imagefile.ImageFiles;
import org.xenjava.toolstack.memory.DeviceMemory.Reservation;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.xenctrl.lib.FirmwareLocator;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The plan of a build, decided before the first hypercall. {@code dry-run} shows it.
 *
 * @param config the configuration
 * @param memory the sizes and the layout of the memory
 * @param image the content of the memory when the guest starts
 * @param devices disks, network cards and QEMU
 */
public record CreatePlan(DomainConfig config, MemoryPlan memory, ImagePlan image, DevicePlan devices) {

    /** The plan without the content of the memory. */
    GuestPlan guest() {
        return new GuestPlan(config, memory, devices);
    }

    /**
     * Plans a guest for an unknown host, which is assumed to have everything that the guest needs.
     *
     * @param firmware finds the firmware to plan with, such as a simulated host's
     * @param config the configuration
     * @param policy the rule for PoD target and slack
     * @return the plan
     * @throws ConfigException if the configuration cannot be built
     * @throws KernelImageException if a file cannot be read, is malformed, or does not fit into the guest
     */
    public static CreatePlan of(DomainConfig config, PodPolicy policy, FirmwareLocator firmware) {
        HostInventory host = HostInventory.assumed(firmware);
        try (ImageFiles images = new ImageFiles();
                BootFiles files =
                        BootFiles.of(config, host, ProcessIdentity.ofProc().self(), new Cancellation())) {
            return of(config, files, policy, images, host, List::of);
        }
    }

    /**
     * Reads the headers of the kernel and the ramdisk, or of the firmware, and plans.
     *
     * @param files the kernel, the ramdisk and the command line
     * @param images reads the files, and reads them again when the plan is executed
     * @param host answers the questions about disks, bridges, QEMU and firmware
     * @param reservations asks for the memory that devices of the host need in the guest
     * @param config the configuration
     * @param policy the rule for PoD target and slack
     * @return the plan
     * @throws ConfigException if the configuration cannot be built, or cannot be built on this host
     * @throws KernelImageException if a file cannot be found or read, is malformed, or does not fit into the guest
     */
    static CreatePlan of(
            DomainConfig config,
            BootFiles files,
            PodPolicy policy,
            ImageFiles images,
            HostInventory host,
            Supplier<List<Reservation>> reservations) {
        MemoryPlan memory = memory(config, policy, reservations);
        return switch (config.type()) {
            case HVM -> hvm(config, config.hvm().orElseThrow(), memory, images, host);
            case PVH -> pvh(config, files, memory, images, host);
            case PV -> pv(config, files, memory, images, host);
        };
    }

    /** Refuses guests that the configuration can describe and this library cannot build. */
    private static void requireBuildable(DomainConfig config) {
        if (config.type() == DomainType.PV) {
            requirePv(config);
        }
        if (config.type() == DomainType.PVH && config.mayHavePciDevices()) {
            throw new ConfigException("domain " + config.name() + ": '"
                    + (config.pciDevices().isEmpty() ? DescribedKey.PASSTHROUGH.key() : OtherDevice.Kind.PCI.key())
                    + "' cannot be carried out: Xen passes devices through to HVM and PV guests only");
        }
        if (config.mayHavePciDevices() && config.populateOnDemand()) {
            throw new ConfigException("domain " + config.name() + ": a guest with PCI devices of the host cannot have"
                    + " populate-on-demand memory, whose pages devices cannot reach: give it maxmem = memory");
        }
        config.otherDevices().forEach(device -> device.kind().obstacle().ifPresent(reason -> {
            throw new ConfigException(
                    "domain " + config.name() + ": '" + device.kind().key() + "' cannot be built yet: " + reason);
        }));
        config.describedKeys().keySet().forEach(key -> key.obstacle().ifPresent(reason -> {
            throw new ConfigException(
                    "domain " + config.name() + ": '" + key.key() + "' cannot be carried out yet: " + reason);
        }));
        PvShim.of(config).ifPresent(shim -> shim.requireBuildable(config));
        BootFiles.requireReadableDisk(config);
    }

    /** Refuses what needs hardware virtualization. */
    private static void requirePv(DomainConfig config) {
        String domain = "domain " + config.name() + ": ";
        if (config.sharesIommuTables()) {
            throw new ConfigException(domain + "passthrough = \"share_pt\": a PV guest has no page tables that an"
                    + " IOMMU can share: set passthrough = \"sync_pt\"");
        }
        List<String> lacking = new ArrayList<>();
        if (config.processor().has(ProcessorConfig.Feature.NESTEDHVM)) {
            lacking.add("nestedhvm");
        }
        if (config.paging().altp2m() != PagingConfig.Altp2m.DISABLED) {
            lacking.add("altp2m");
        }
        if (config.processor().traceBuffer().value() > 0) {
            lacking.add("vmtrace_buf_kb");
        }
        if (!lacking.isEmpty()) {
            throw new ConfigException(domain + String.join(", ", lacking)
                    + ": a PV guest has no hardware virtualization:" + " remove the key, or set type=\"pvh\"");
        }
    }

    /**
     * The plan of the memory alone, for which no file is read.
     *
     * @param reservations asks for the memory that devices of the host need in the guest
     * @throws ConfigException if no guest of this kind, or with these devices, can be built
     */
    static MemoryPlan memory(DomainConfig config, PodPolicy policy, Supplier<List<Reservation>> reservations) {
        requireBuildable(config);
        return switch (config.type()) {
            case HVM -> MemoryPlan.hvm(config, config.hvm().orElseThrow(), policy, reservations.get());
            case PVH -> MemoryPlan.pvh(config, policy, PvhImagePlan.acpiPages(config.virtualNodes()));
            case PV -> MemoryPlan.pv(config, policy);
        };
    }

    private static CreatePlan pvh(
            DomainConfig config, BootFiles files, MemoryPlan memory, ImageFiles images, HostInventory host) {
        Path kernelFile = kernel(config, files);
        DevicePlan devices = DevicePlan.of(config, memory, host);
        RamBounds ram = ramBounds(memory);
        Optional<DataImage> ramdisk = files.ramdisk().map(file -> images.data("ramdisk", file));
        Optional<PvShim> shim = PvShim.of(config);
        Path started = shim.map(one -> host.loader(Optional.of(one.file()))).orElse(kernelFile);
        PvhKernel kernel = images.kernel(started, ram.layout().lowMemEnd());
        ImagePlan image = PvhImagePlan.of(
                kernel,
                shim.map(one -> one.files(images.data("kernel", kernelFile), files.commandLine(), ramdisk))
                        .orElseGet(() -> LoadedFile.ramdisk(ramdisk)),
                shim.map(PvShim::commandLine).orElse(files.commandLine()),
                config.maxVcpus(),
                memory.virtualNuma(),
                ram);
        return new CreatePlan(config, memory, image, devices);
    }

    private static CreatePlan pv(
            DomainConfig config, BootFiles files, MemoryPlan memory, ImageFiles images, HostInventory host) {
        Path kernelFile = kernel(config, files);
        DevicePlan devices = DevicePlan.of(config, memory, host);
        PvKernel kernel = images.pvKernel(kernelFile, memory.shape().ram().count() << Pages.SHIFT);
        ImagePlan image = PvImagePlan.of(
                kernel,
                files.ramdisk().map(file -> images.data("ramdisk", file)),
                files.commandLine(),
                config.memory(),
                config.maxMemory());
        return new CreatePlan(config, memory, image, devices);
    }

    private static Path kernel(DomainConfig config, BootFiles files) {
        return files.kernel()
                .orElseThrow(() -> new ConfigException("domain " + config.name() + ": no kernel is given"));
    }

    private static CreatePlan hvm(
            DomainConfig config, HvmConfig machine, MemoryPlan memory, ImageFiles images, HostInventory host) {
        DevicePlan devices = DevicePlan.of(config, memory, host);
        HvmFirmware firmware = firmware(machine.firmware(), images, host);
        return new CreatePlan(config, memory, HvmImagePlan.of(config, machine, firmware, ramBounds(memory)), devices);
    }

    private static HvmFirmware firmware(HvmConfig.Firmware wanted, ImageFiles images, HostInventory host) {
        return new HvmFirmware(
                images.loader(host.loader(wanted.loader())),
                images.data("BIOS", host.bios(wanted.bios(), wanted.biosPath())),
                wanted.acpiTables().map(file -> images.data("file of ACPI tables", file)),
                wanted.smbiosTables().map(file -> images.data("file of SMBIOS tables", file)));
    }

    private static RamBounds ramBounds(MemoryPlan memory) {
        return new RamBounds(
                memory.layout(), memory.shape().ram(), memory.deviceMemory().ranges());
    }
}
