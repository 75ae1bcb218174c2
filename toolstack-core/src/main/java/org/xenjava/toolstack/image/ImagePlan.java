// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.List;
import java.util.function.Function;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Every byte that a guest finds in its memory when it starts, and where: decided, and known to fit, before the first
 * hypercall.
 */
public abstract sealed class ImagePlan permits PvhImagePlan, HvmImagePlan {
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
     * One part of the contents of the guest's RAM when it starts.
     *
     * @param what a name for it, such as {@code ramdisk}
     * @param address guest-physical
     * @param bytes its length in memory, 1 or more
     */
    public record Item(String what, long address, long bytes) {}

    /** Applies one of the functions, by the kind of guest. */
    public abstract <T> T map(Function<PvhImagePlan, T> ifPvh, Function<HvmImagePlan, T> ifHvm);

    /** Guest-physical address at which vCPU 0 starts. */
    public final long entry() {
        return entry;
    }

    /** Guest-physical address of {@code hvm_start_info}, which vCPU 0 finds in EBX. */
    public final long startInfoAddress() {
        return startInfoAddress;
    }

    /** The guest's physical memory map, in libxl's order, which is not sorted. */
    public final List<MemoryMapEntry> memoryMap() {
        return memoryMap;
    }

    /** The contents of RAM, by address. */
    public final List<Item> items() {
        return contents.items();
    }

    /** The frames of RAM that {@link #loadInto} writes to, by address; all others may stay untouched. */
    final List<PageRange> ramFrames() {
        return contents.frames();
    }

    /**
     * Writes all that lies in RAM. In populate-on-demand mode pages of a program that are all zero are left alone:
     * Xen's cache hands out zeroed pages, and these need not be taken from it yet.
     */
    public final void loadInto(GuestMemory memory) {
        contents.loadInto(memory);
    }

    static long pageAlign(long address) {
        return (address + Pages.BYTES - 1) & -Pages.BYTES;
    }
}
