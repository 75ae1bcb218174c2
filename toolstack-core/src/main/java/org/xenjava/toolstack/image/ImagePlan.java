// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.List;
import java.util.function.Function;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The content of a guest's memory when it starts, with all addresses. A plan fits the guest's memory; it is made before
 * the first hypercall.
 */
public abstract sealed class ImagePlan permits PvhImagePlan, HvmImagePlan, PvImagePlan {
    private final long entry;
    private final long startInfoAddress;
    private final List<MemoryMapEntry> memoryMap;
    private final RamContents contents;

    ImagePlan(long entry, long startInfoAddress, List<MemoryMapEntry> memoryMap, RamContents contents) {
        this.entry = entry;
        this.startInfoAddress = startInfoAddress;
        this.memoryMap = List.copyOf(memoryMap);
        this.contents = contents;
    }

    /**
     * One part of the content of the guest's RAM.
     *
     * @param what name of the part, such as {@code ramdisk}
     * @param address guest-physical address
     * @param bytes length in memory, 1 or more
     */
    public record Item(String what, long address, long bytes) {}

    /** A function for each kind of guest. */
    public record ByKind<T>(
            Function<PvhImagePlan, T> pvh, Function<HvmImagePlan, T> hvm, Function<PvImagePlan, T> pv) {}

    /** Applies the function for the kind of guest. */
    public abstract <T> T map(ByKind<T> functions);

    /** Guest-physical address at which vCPU 0 starts; a virtual one for a PV guest. */
    public final long entry() {
        return entry;
    }

    /**
     * Guest-physical address of {@code hvm_start_info}, which vCPU 0 finds in EBX; for a PV guest the virtual address of
     * {@code start_info}, which it finds in RSI.
     */
    public final long startInfoAddress() {
        return startInfoAddress;
    }

    /** The guest's physical memory map, in libxl's order, which is not sorted by address. */
    public final List<MemoryMapEntry> memoryMap() {
        return memoryMap;
    }

    /** The parts of the content of RAM, by address. */
    public List<Item> items() {
        return contents.items();
    }

    /** The frames of RAM that {@link #loadInto} writes, by address. */
    final List<PageRange> ramFrames() {
        return contents.frames();
    }

    /**
     * Writes the content of RAM. In populate-on-demand mode pages of zeros are skipped: Xen's cache provides zeroed
     * pages, and a page that is not written stays in the cache.
     */
    public void loadInto(GuestMemory memory) {
        contents.loadInto(memory);
    }

    static long pageAlign(long address) {
        return (address + Pages.BYTES - 1) & -Pages.BYTES;
    }
}
