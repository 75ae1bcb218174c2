// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.RamContents.Blob;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.memory.layout.PvhLayout;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry.Type;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The plan of a PVH guest's memory. In RAM, from low to high: the kernel, at the addresses of its file; the start info on the next
 * page; the ramdisk on the page after that. This is libxl's order for Linux. The ACPI tables lie outside of the RAM,
 * at {@link PvhLayout#ACPI_START}; their pages are populated apart.
 *
 * <p>The memory map: RAM from 0, special pages, ACPI, RAM from 4 GiB. The ACPI type is that of libxl up to 4.20.
 */
public final class PvhImagePlan extends ImagePlan {
    /** Pages that the ACPI tables take, whatever the number of vCPUs. */
    public static final Pages ACPI_PAGES = AcpiTables.PAGES;

    /** The address of the ACPI root pointer for kernels that look below 1 MiB only: the last 64 bytes, as in libxl. */
    private static final long LOW_RSDP = (1 << 20) - 64;

    private static final PageRange LOW_RSDP_PAGE = PageRange.holding(LOW_RSDP, AcpiTables.RSDP_BYTES);
    private static final PageRange ACPI_FRAMES = new PageRange(PvhLayout.ACPI_START >> Pages.SHIFT, ACPI_PAGES);

    private final AcpiTables acpi;
    private final long rsdpAddress;

    private PvhImagePlan(
            PvhKernel kernel,
            long startInfoAddress,
            List<MemoryMapEntry> memoryMap,
            List<Blob> blobs,
            FreshPages fresh,
            AcpiTables acpi) {
        super(kernel.entry(), startInfoAddress, memoryMap, new RamContents("kernel", kernel.segments(), blobs, fresh));
        this.acpi = acpi;
        this.rsdpAddress = rsdpAddress(kernel);
    }

    /**
     * Plans a guest's memory.
     *
     * @param ramdisk the initial ramdisk, which the guest gets as it is
     * @param commandLine the kernel's; may be empty
     * @param maxVcpus vCPUs that the guest may have, 1 … 128
     * @throws KernelImageException if kernel and ramdisk do not fit into the guest's memory
     * @throws ConfigException if the command line cannot be passed on
     */
    public static PvhImagePlan of(
            PvhKernel kernel, Optional<DataImage> ramdisk, String commandLine, int maxVcpus, RamBounds ram) {
        AcpiTables acpi = new AcpiTables(PvhLayout.ACPI_START, maxVcpus);
        List<MemoryMapEntry> memoryMap = memoryMap(kernel, ram.layout());
        List<StartInfo.Module> modules = ramdisk.stream()
                .map(content -> new StartInfo.Module("", content.length()))
                .toList();
        StartInfo startInfo = new StartInfo(Optional.of(commandLine), modules, rsdpAddress(kernel), memoryMap);
        long startInfoAddress = pageAlign(kernel.end());
        long ramdiskAddress = pageAlign(startInfoAddress + startInfo.size());

        List<Blob> blobs = new ArrayList<>();
        blobs.add(Blob.of("start info", startInfoAddress, startInfo.at(startInfoAddress, ramdiskAddress)));
        ramdisk.ifPresent(content -> blobs.add(Blob.of("ramdisk", ramdiskAddress, content)));
        if (!kernel.rsdpUnrestricted()) {
            requireRoomForLowRsdp(kernel);
            blobs.add(Blob.of("ACPI root pointer", LOW_RSDP, acpi.rsdp()));
        }
        long end = ramdiskAddress + ramdisk.map(DataImage::length).orElse(0L);
        ram.requireFits("kernel and ramdisk", kernel.start(), end);
        return new PvhImagePlan(kernel, startInfoAddress, memoryMap, blobs, ram.fresh(), acpi);
    }

    @Override
    public <T> T map(Function<PvhImagePlan, T> ifPvh, Function<HvmImagePlan, T> ifHvm) {
        return ifPvh.apply(this);
    }

    /** Guest-physical address of the ACPI root pointer. */
    public long rsdpAddress() {
        return rsdpAddress;
    }

    /** The frames that {@link #loadAcpiInto} writes to; they are no RAM and have to be populated before. */
    public PageRange acpiFrames() {
        return ACPI_FRAMES;
    }

    /** Writes the ACPI tables. */
    public void loadAcpiInto(GuestMemory memory) {
        memory.write(PvhLayout.ACPI_START, acpi.pages());
    }

    private static long rsdpAddress(PvhKernel kernel) {
        return kernel.rsdpUnrestricted() ? PvhLayout.ACPI_START : LOW_RSDP;
    }

    private static List<MemoryMapEntry> memoryMap(PvhKernel kernel, GuestLayout layout) {
        List<MemoryMapEntry> map = new ArrayList<>();
        map.add(new MemoryMapEntry(0, layout.lowMemEnd(), Type.RAM));
        map.add(entry(new PageRange(SpecialPage.gfns()[0], SpecialPage.count()), Type.RESERVED));
        if (!kernel.rsdpUnrestricted()) {
            // Inside of the RAM; where entries overlap, kernels believe the one that is not RAM.
            map.add(entry(LOW_RSDP_PAGE, Type.ACPI));
        }
        map.add(entry(ACPI_FRAMES, Type.ACPI));
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
