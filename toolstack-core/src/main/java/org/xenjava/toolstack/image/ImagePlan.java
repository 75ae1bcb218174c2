// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.memory.Pages;
import org.xenjava.toolstack.memory.PvhLayout;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry.Type;

/**
 * Every byte that a PVH guest finds in its memory when it starts, and where: decided, and known to fit, before the
 * first hypercall.
 *
 * <p>In RAM, from low to high: the kernel, where its file wants to be; the start info on the next page; the ramdisk
 * on the page after that. This is libxl's order for Linux. The ACPI tables lie outside of the RAM, at {@link
 * PvhLayout#ACPI_START}; their pages are populated apart.
 */
public final class ImagePlan {
    /** Pages that the ACPI tables take, whatever the number of vCPUs. */
    public static final Pages ACPI_PAGES = AcpiTables.PAGES;

    /** Where the ACPI root pointer goes for kernels that look below 1 MiB only: the last 64 bytes, as in libxl. */
    private static final long LOW_RSDP = (1 << 20) - 64;

    private static final PageRange LOW_RSDP_PAGE = PageRange.holding(LOW_RSDP, AcpiTables.RSDP_BYTES);

    private final PvhKernel kernel;
    private final FreshPages fresh;
    private final List<Blob> blobs;
    private final AcpiTables acpi;
    private final long startInfoAddress;
    private final List<MemoryMapEntry> memoryMap;

    /**
     * Something that lies in the guest's RAM when it starts.
     *
     * @param what a name for it, such as {@code ramdisk}
     * @param address guest-physical
     * @param bytes its length in memory, 1 or more
     */
    public record Item(String what, long address, long bytes) {}

    /** Bytes at a guest-physical address in RAM. */
    private record Blob(String what, long address, byte[] content) {
        Item item() {
            return new Item(what, address, content.length);
        }
    }

    private ImagePlan(PvhKernel kernel, Optional<byte[]> ramdisk, String commandLine, int maxVcpus, RamBounds ram) {
        this.kernel = kernel;
        this.fresh = ram.populateOnDemand() ? FreshPages.ZERO : FreshPages.UNDEFINED;
        this.acpi = new AcpiTables(PvhLayout.ACPI_START, maxVcpus);
        this.memoryMap = memoryMap(ram);
        this.startInfoAddress = pageAlign(kernel.end());

        StartInfo startInfo = new StartInfo(commandLine, ramdisk.isPresent() ? 1 : 0, rsdpAddress(), memoryMap);
        long ramdiskAddress = pageAlign(startInfoAddress + startInfo.size());
        List<StartInfo.Module> modules = ramdisk.stream()
                .map(content -> new StartInfo.Module(ramdiskAddress, content.length))
                .toList();
        List<Blob> all = new ArrayList<>();
        all.add(new Blob("start info", startInfoAddress, startInfo.at(startInfoAddress, modules)));
        ramdisk.ifPresent(content -> all.add(new Blob("ramdisk", ramdiskAddress, content)));
        if (!kernel.rsdpUnrestricted()) {
            requireRoomForLowRsdp();
            all.add(new Blob("ACPI root pointer", LOW_RSDP, acpi.rsdp()));
        }
        this.blobs = List.copyOf(all);
        requireFits(ramdiskAddress + ramdisk.map(content -> content.length).orElse(0), ram);
    }

    /**
     * Plans a guest's memory.
     *
     * @param ramdisk the initial ramdisk, passed on untouched; kept by the result, not to be changed afterwards
     * @param commandLine the kernel's; may be empty
     * @param maxVcpus vCPUs that the guest may have, 1 … 128
     * @throws KernelImageException if kernel and ramdisk do not fit into the guest's memory, or the ramdisk is empty
     * @throws ConfigException if the command line cannot be passed on
     */
    public static ImagePlan of(
            PvhKernel kernel, Optional<byte[]> ramdisk, String commandLine, int maxVcpus, RamBounds ram) {
        if (ramdisk.stream().anyMatch(content -> content.length == 0)) {
            throw new KernelImageException("ramdisk: the file is empty");
        }
        return new ImagePlan(kernel, ramdisk, commandLine, maxVcpus, ram);
    }

    /** Guest-physical address at which vCPU 0 starts. */
    public long entry() {
        return kernel.entry();
    }

    /** Guest-physical address of {@code hvm_start_info}, which vCPU 0 finds in EBX. */
    public long startInfoAddress() {
        return startInfoAddress;
    }

    /** Guest-physical address of the ACPI root pointer. */
    public long rsdpAddress() {
        return kernel.rsdpUnrestricted() ? PvhLayout.ACPI_START : LOW_RSDP;
    }

    /**
     * The guest's physical memory map, in libxl's order, which is not sorted: RAM from 0, special pages, ACPI, RAM
     * from 4 GiB. The ACPI type is that of libxl up to 4.20.
     */
    public List<MemoryMapEntry> memoryMap() {
        return memoryMap;
    }

    /** What lies in RAM, by address. */
    public List<Item> items() {
        Stream<Item> segments =
                kernel.segments().stream().map(segment -> new Item("kernel", segment.address(), segment.memoryBytes()));
        return Stream.concat(segments, blobs.stream().map(Blob::item))
                .sorted(Comparator.comparingLong(Item::address))
                .toList();
    }

    /** The frames of RAM that {@link #loadInto} writes to, by address; all others may stay untouched. */
    public List<PageRange> ramFrames() {
        RangeSet<Long> frames = TreeRangeSet.create();
        kernel.segments().forEach(segment -> frames.addAll(segment.frames(fresh)));
        blobs.forEach(blob -> frames.add(
                PageRange.holding(blob.address(), blob.content().length).toRange()));
        return PageRange.listOf(frames);
    }

    /** The frames that {@link #loadAcpiInto} writes to; they are no RAM and have to be populated before. */
    public PageRange acpiFrames() {
        return new PageRange(PvhLayout.ACPI_START >> Pages.SHIFT, ACPI_PAGES);
    }

    /**
     * Writes kernel, start info and ramdisk. In populate-on-demand mode pages of the kernel that are all zero are
     * left alone: Xen's cache hands out zeroed pages, and these need not be taken from it yet.
     */
    public void loadInto(GuestMemory memory) {
        kernel.segments().forEach(segment -> segment.loadInto(memory, fresh));
        blobs.forEach(blob -> memory.write(blob.address(), blob.content()));
    }

    /** Writes the ACPI tables. */
    public void loadAcpiInto(GuestMemory memory) {
        memory.write(PvhLayout.ACPI_START, acpi.pages());
    }

    private List<MemoryMapEntry> memoryMap(RamBounds ram) {
        List<MemoryMapEntry> map = new ArrayList<>();
        map.add(new MemoryMapEntry(0, ram.lowMemEnd(), Type.RAM));
        map.add(entry(new PageRange(PvhLayout.FIRST_SPECIAL_GFN, Pages.of(PvhLayout.SPECIAL_PAGES)), Type.RESERVED));
        if (!kernel.rsdpUnrestricted()) {
            // Inside of the RAM; where entries overlap, kernels believe the one that is not RAM.
            map.add(entry(LOW_RSDP_PAGE, Type.ACPI));
        }
        map.add(entry(acpiFrames(), Type.ACPI));
        if (ram.highMemBytes() > 0) {
            map.add(new MemoryMapEntry(PvhLayout.FOUR_GIB, ram.highMemBytes(), Type.RAM));
        }
        return List.copyOf(map);
    }

    private static MemoryMapEntry entry(PageRange range, Type type) {
        return new MemoryMapEntry(range.address(), range.pages().count() << Pages.SHIFT, type);
    }

    private void requireFits(long end, RamBounds ram) {
        if (end > ram.lowMemEnd()) {
            throw new KernelImageException("kernel and ramdisk reach up to " + mebibytes(end) + ", but the guest's"
                    + " memory below 4 GiB ends at " + mebibytes(ram.lowMemEnd())
                    + ": raise maxmem, or take a smaller kernel or ramdisk");
        }
        long needed = pageAlign(end) - pageFloor(kernel.start());
        if (needed > ram.backedBytes()) {
            throw new KernelImageException("kernel and ramdisk take " + mebibytes(needed) + ", but the guest boots with"
                    + " memory=" + mebibytes(ram.backedBytes())
                    + ": raise memory, or take a smaller kernel or ramdisk");
        }
    }

    private void requireRoomForLowRsdp() {
        Range<Long> page = LOW_RSDP_PAGE.toRange();
        RangeSet<Long> taken = TreeRangeSet.create();
        kernel.segments()
                .forEach(segment -> taken.add(PageRange.holding(segment.address(), segment.memoryBytes())
                        .toRange()));
        if (taken.intersects(page)) {
            throw new KernelImageException("kernel: it lies where its ACPI root pointer has to be, at 0x"
                    + Long.toHexString(LOW_RSDP) + ": give a Linux kernel of 4.17 or newer");
        }
    }

    /** Such as {@code 58.5 MiB}. */
    private static String mebibytes(long bytes) {
        double mib = bytes / (double) (1 << 20);
        return mib == Math.rint(mib)
                ? String.format(Locale.ROOT, "%.0f MiB", mib)
                : String.format(Locale.ROOT, "%.2f MiB", mib);
    }

    private static long pageAlign(long address) {
        return pageFloor(address + Pages.BYTES - 1);
    }

    private static long pageFloor(long address) {
        return address & -Pages.BYTES;
    }
}
