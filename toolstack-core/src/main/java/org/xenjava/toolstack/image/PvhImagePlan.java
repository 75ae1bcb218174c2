// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.RamContents.Blob;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.memory.VirtualNuma;
import org.xenjava.toolstack.memory.layout.PvhLayout;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry.Type;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The plan of a PVH guest's memory. RAM contains, by address: the kernel, at the addresses of its file; the start info,
 * on the next page; the files that the start info names, such as the ramdisk, each on the page after that. This is
 * libxl's order for Linux. The ACPI tables are outside
 * the RAM, at {@link PvhLayout#ACPI_START}; their pages are populated separately.
 *
 * <p>The memory map contains RAM from 0, special pages, ACPI, and RAM from 4 GiB. The ACPI type is that of libxl up to
 * 4.20.
 */
public final class PvhImagePlan extends ImagePlan {
    /**
     * The address of the ACPI root pointer for kernels that search only below 1 MiB: the last 64 bytes there, as in
     * libxl.
     */
    private static final long LOW_RSDP = (1 << 20) - 64;

    private static final PageRange LOW_RSDP_PAGE = PageRange.holding(LOW_RSDP, AcpiTables.RSDP_BYTES);

    private final AcpiTables acpi;
    private final long rsdpAddress;

    private PvhImagePlan(
            PvhKernel kernel,
            long startInfoAddress,
            List<MemoryMapEntry> memoryMap,
            List<Blob> blobs,
            RamContents.FreshPages fresh,
            AcpiTables acpi) {
        super(kernel.entry(), startInfoAddress, memoryMap, new RamContents("kernel", kernel.segments(), blobs, fresh));
        this.acpi = acpi;
        this.rsdpAddress = rsdpAddress(kernel);
    }

    /**
     * A file that is copied unchanged, and that the kernel finds through the start info.
     *
     * @param what name of the file in a plan, such as {@code ramdisk}
     * @param content the file
     * @param commandLine text for the kernel; may be empty
     */
    public record LoadedFile(String what, DataImage content, String commandLine) {
        /**
         * {@return the files of a kernel that gets a ramdisk or nothing}
         *
         * @param ramdisk the initial ramdisk
         */
        public static List<LoadedFile> ramdisk(Optional<DataImage> ramdisk) {
            return ramdisk.stream()
                    .map(content -> new LoadedFile("ramdisk", content, ""))
                    .toList();
        }
    }

    /**
     * {@return the number of pages of the ACPI tables, for any number of vCPUs}
     *
     * @param nodes the NUMA nodes that the guest sees
     */
    public static Pages acpiPages(List<VirtualNode> nodes) {
        return AcpiTables.pages(nodes);
    }

    /**
     * Plans the memory of a guest with a kernel and a ramdisk, which sees one NUMA node.
     *
     * @param ramdisk the initial ramdisk, which is copied unchanged
     * @param commandLine the kernel's command line; may be empty
     * @param maxVcpus vCPUs that the guest may have, 1 … 128
     * @throws KernelImageException if kernel and ramdisk do not fit into the guest's memory
     * @throws ConfigException if the command line is too long or contains a NUL
     */
    public static PvhImagePlan of(
            PvhKernel kernel, Optional<DataImage> ramdisk, String commandLine, int maxVcpus, RamBounds ram) {
        return of(kernel, LoadedFile.ramdisk(ramdisk), commandLine, maxVcpus, VirtualNuma.NONE, ram);
    }

    /**
     * Plans a guest's memory.
     *
     * @param files the files for the kernel, in order
     * @param commandLine the kernel's command line; may be empty
     * @param maxVcpus vCPUs that the guest may have, 1 … 128
     * @param numa the NUMA nodes that the guest sees
     * @throws KernelImageException if kernel and ramdisk do not fit into the guest's memory
     * @throws ConfigException if the command line is too long or contains a NUL
     */
    public static PvhImagePlan of(
            PvhKernel kernel,
            List<LoadedFile> files,
            String commandLine,
            int maxVcpus,
            VirtualNuma numa,
            RamBounds ram) {
        AcpiTables acpi = new AcpiTables(PvhLayout.ACPI_START, maxVcpus, numa);
        List<MemoryMapEntry> memoryMap = memoryMap(kernel, acpi, ram.layout());
        List<StartInfo.Module> modules = files.stream()
                .map(file ->
                        new StartInfo.Module(file.commandLine(), file.content().length()))
                .toList();
        StartInfo startInfo = new StartInfo(Optional.of(commandLine), modules, rsdpAddress(kernel), memoryMap);
        long startInfoAddress = pageAlign(kernel.end());
        long[] addresses = new long[files.size()];
        List<Blob> loaded = new ArrayList<>();
        long end = startInfoAddress + startInfo.size();
        for (LoadedFile file : files) {
            long address = pageAlign(end);
            addresses[loaded.size()] = address;
            loaded.add(Blob.of(file.what(), address, file.content()));
            end = address + file.content().length();
        }

        List<Blob> blobs = new ArrayList<>();
        blobs.add(Blob.of("start info", startInfoAddress, startInfo.at(startInfoAddress, addresses)));
        blobs.addAll(loaded);
        if (!kernel.rsdpUnrestricted()) {
            requireRoomForLowRsdp(kernel);
            blobs.add(Blob.of("ACPI root pointer", LOW_RSDP, acpi.rsdp()));
        }
        ram.requireFits("kernel and ramdisk", kernel.start(), end);
        return new PvhImagePlan(kernel, startInfoAddress, memoryMap, blobs, ram.fresh(), acpi);
    }

    @Override
    public <T> T map(ByKind<T> functions) {
        return functions.pvh().apply(this);
    }

    /** Guest-physical address of the ACPI root pointer. */
    public long rsdpAddress() {
        return rsdpAddress;
    }

    /** The frames that {@link #loadAcpiInto} writes. The frames are not RAM; the caller populates them first. */
    public PageRange acpiFrames() {
        return acpi.frames();
    }

    /** Writes the ACPI tables. */
    public void loadAcpiInto(GuestMemory memory) {
        memory.write(PvhLayout.ACPI_START, acpi.pages());
    }

    private static long rsdpAddress(PvhKernel kernel) {
        return kernel.rsdpUnrestricted() ? PvhLayout.ACPI_START : LOW_RSDP;
    }

    private static List<MemoryMapEntry> memoryMap(PvhKernel kernel, AcpiTables acpi, GuestLayout layout) {
        List<MemoryMapEntry> map = new ArrayList<>();
        map.add(new MemoryMapEntry(0, layout.lowMemEnd(), Type.RAM));
        map.add(entry(new PageRange(SpecialPage.gfns()[0], SpecialPage.count()), Type.RESERVED));
        if (!kernel.rsdpUnrestricted()) {
            // The entry is inside the RAM. Where entries overlap, kernels use the one that is not RAM.
            map.add(entry(LOW_RSDP_PAGE, Type.ACPI));
        }
        map.add(entry(acpi.frames(), Type.ACPI));
        if (layout.highMemBytes() > 0) {
            map.add(new MemoryMapEntry(GuestLayout.FOUR_GIB, layout.highMemBytes(), Type.RAM));
        }
        return map;
    }

    private static MemoryMapEntry entry(PageRange range, Type type) {
        return new MemoryMapEntry(range.address(), range.pages().count() << Pages.SHIFT, type);
    }

    private static void requireRoomForLowRsdp(PvhKernel kernel) {
        RangeSet<Long> taken = TreeRangeSet.create();
        kernel.segments()
                .forEach(segment -> taken.add(PageRange.holding(segment.address(), segment.memoryBytes())
                        .toRange()));
        if (taken.intersects(LOW_RSDP_PAGE.toRange())) {
            throw new KernelImageException(kernel.name() + ": it lies where its ACPI root pointer has to be, at "
                    + ElfImage.hex(LOW_RSDP) + ": give a Linux kernel of 4.17 or newer");
        }
    }
}
