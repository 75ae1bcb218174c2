// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.RamContents.Blob;
import org.xenjava.toolstack.image.pv.MachineFrames;
import org.xenjava.toolstack.image.pv.PfnRange;
import org.xenjava.toolstack.image.pv.PvLayout;
import org.xenjava.toolstack.image.pv.PvPageTables;
import org.xenjava.toolstack.image.pv.PvStartInfo;
import org.xenjava.toolstack.image.pv.PvVcpu;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The plan of a PV guest's memory. Everything has its place before the first hypercall; what depends on the machine
 * frames of the domain is made when they are known. The {@link GuestMemory} of this plan is addressed by pfn.
 *
 * <p>The memory map contains one range of RAM, up to maxmem: Linux balloons up to its end.
 */
public final class PvImagePlan extends ImagePlan {
    private final PvKernel kernel;
    private final PvLayout layout;
    private final PvStartInfo startInfo;

    private PvImagePlan(PvKernel kernel, PvLayout layout, PvStartInfo startInfo, RamContents contents, KiB maxMemory) {
        super(
                kernel.entry(),
                layout.startInfoAddress(),
                List.of(new MemoryMapEntry(0, maxMemory.toPages().count() << Pages.SHIFT, MemoryMapEntry.Type.RAM)),
                contents);
        this.kernel = kernel;
        this.layout = layout;
        this.startInfo = startInfo;
    }

    /**
     * Plans a guest's memory.
     *
     * @param ramdisk the initial ramdisk, which is copied unchanged
     * @param commandLine the kernel's command line; may be empty
     * @param memory the memory at the start
     * @param maxMemory the memory that the guest may grow to
     * @throws KernelImageException if kernel and ramdisk do not fit into the guest's memory
     * @throws ConfigException if the command line is too long
     */
    public static PvImagePlan of(
            PvKernel kernel, Optional<DataImage> ramdisk, String commandLine, KiB memory, KiB maxMemory) {
        long ramdiskBytes = ramdisk.map(DataImage::length).orElse(0L);
        PvLayout layout = PvLayout.of(
                kernel.name(),
                kernel.addresses(),
                kernel.endPfn(),
                ramdiskBytes,
                memory.toPages().count());
        PvStartInfo startInfo = new PvStartInfo(layout, commandLine, ramdiskBytes);
        List<Blob> blobs = ramdisk.stream()
                .map(content -> new Blob(
                        "ramdisk", content.inWholePagesAt(layout.ramdisk().first() << Pages.SHIFT)))
                .toList();
        RamContents contents = new RamContents("kernel", kernel.segments(), blobs, RamContents.FreshPages.UNDEFINED);
        return new PvImagePlan(kernel, layout, startInfo, contents, maxMemory);
    }

    @Override
    public <T> T map(ByKind<T> functions) {
        return functions.pv().apply(this);
    }

    /** The places of everything beside the kernel. */
    public PvLayout layout() {
        return layout;
    }

    /** The pfn of the page that Xen fills with the entries of hypercalls; empty if the kernel does it itself. */
    public OptionalLong hypercallPage() {
        return kernel.hypercallPage();
    }

    @Override
    public List<Item> items() {
        List<Item> all = new ArrayList<>(super.items());
        List<PfnRange> tables = layout.tables().ranges();
        all.add(item("list of machine frames", layout.p2mList()));
        all.add(item("start info", new PfnRange(layout.startInfo(), 1)));
        all.add(item("xenstore ring", new PfnRange(layout.store(), 1)));
        all.add(item("console ring", new PfnRange(layout.console(), 1)));
        tables.forEach(range -> all.add(item("page tables", range)));
        all.add(item("boot stack", new PfnRange(layout.bootStack(), 1)));
        all.sort(Comparator.comparingLong(Item::address));
        return List.copyOf(all);
    }

    /** Also clears what lies between the segments of the kernel, which a kernel may take for zero. */
    @Override
    public void loadInto(GuestMemory memory) {
        long end = kernel.segments().get(0).address();
        for (Segment segment : kernel.segments()) {
            clear(end, segment.address(), memory);
            end = segment.end();
        }
        clear(end, kernel.endPfn() << Pages.SHIFT, memory);
        super.loadInto(memory);
    }

    /** Clears all pages of a range of addresses, those at its ends too. */
    private static void clear(long start, long end, GuestMemory memory) {
        long first = start >> Pages.SHIFT;
        long pages = Pages.holding(end).count() - first;
        if (start < end && pages > 0) {
            forEachPart(new PfnRange(first, pages), memory, (number, part) -> {
                while (part.hasRemaining()) {
                    part.putLong(0);
                }
            });
        }
    }

    private static Item item(String what, PfnRange range) {
        return new Item(what, range.first() << Pages.SHIFT, range.count() << Pages.SHIFT);
    }

    /** Writes the start info, and clears the rings and the stack. */
    public void loadStartInfoInto(GuestMemory memory, PvStartInfo.Domain domain) {
        memory.write(layout.startInfo() << Pages.SHIFT, startInfo.page(domain));
        for (long pfn : new long[] {layout.store(), layout.console(), layout.bootStack()}) {
            memory.write(pfn << Pages.SHIFT, new byte[Pages.BYTES]);
        }
    }

    /** Writes the list of machine frames and the page tables. No mapping of the tables may be left afterwards. */
    public void loadTablesInto(GuestMemory memory, MachineFrames frames) {
        forEachPart(layout.p2mList(), memory, frames::fillList);
        PvPageTables tables = layout.tables();
        for (PfnRange range : tables.ranges()) {
            if (range.count() > 0) {
                forEachPart(range, memory, (first, pages) -> tables.fill(range, first, frames, pages));
            }
        }
    }

    /** Fills some pages of a range. */
    private interface Filler {
        /** @param first number of the first page in the range */
        void fill(long first, ByteBuffer pages);
    }

    private static void forEachPart(PfnRange range, GuestMemory memory, Filler filler) {
        PageRange all = new PageRange(range.first(), Pages.of(range.count()));
        for (PageRange part : all.chunks(Pages.of(GuestMemory.MAX_PAGES))) {
            memory.write(part.gfns(), pages -> filler.fill(part.firstGfn() - range.first(), pages));
        }
    }

    /** The kernel's command line. */
    public String commandLine() {
        return startInfo.commandLine();
    }

    /** The first registers of vCPU 0. */
    public byte[] vcpuContext(MachineFrames frames) {
        return PvVcpu.context(layout, entry(), frames.of(layout.tables().root()));
    }
}
