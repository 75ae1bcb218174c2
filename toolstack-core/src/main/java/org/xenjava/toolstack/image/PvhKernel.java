// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.List;
import java.util.OptionalLong;
import org.xenjava.toolstack.error.KernelImageException;

/**
 * A kernel that can boot as PVH: its segments, with their addresses in the guest's memory, and its entry point. The
 * kernel is an x86 ELF file with the Xen note {@code PHYS32_ENTRY}; {@link KernelUnpacker} unpacks a compressed one.
 * Immutable.
 *
 * <pre>{@code
 * PvhKernel kernel = PvhKernel.parse(ImageContent.of("kernel vmlinux", bytes));
 * long firstInstruction = kernel.entry();
 * }</pre>
 */
public final class PvhKernel {
    private final String name;
    private final long entry;
    private final List<Segment> segments;
    private final boolean rsdpUnrestricted;

    private PvhKernel(String name, long entry, List<Segment> segments, boolean rsdpUnrestricted) {
        this.name = name;
        this.entry = entry;
        this.segments = segments;
        this.rsdpUnrestricted = rsdpUnrestricted;
    }

    /**
     * Reads a kernel's headers and notes.
     *
     * @param file an ELF file
     * @throws KernelImageException if the file is damaged, of an unknown kind, or has no PVH entry point
     */
    public static PvhKernel parse(ImageContent file) {
        try (ImageReader reader = file.open()) {
            return parse(file, ImageBytes.of(file, reader));
        }
    }

    private static PvhKernel parse(ImageContent content, ImageBytes bytes) {
        ElfImage elf = ElfImage.ofKernel(content, bytes);
        XenNotes notes = XenNotes.of(elf);
        OptionalLong entry = notes.entry();
        if (entry.isEmpty() && notes.arePresent()) {
            throw bytes.refused(
                    "its Xen notes are those of a kernel for PV guests, without PHYS32_ENTRY: set type=\"pv\","
                            + " or give a kernel that starts as PVH");
        }
        if (entry.isEmpty()) {
            throw bytes.refused("it has no Xen note PHYS32_ENTRY, so it cannot be started as PVH: give a Linux kernel"
                    + " built with CONFIG_PVH=y");
        }
        List<Segment> segments = elf.segments();
        if (segments.stream().noneMatch(segment -> segment.contains(entry.getAsLong()))) {
            throw bytes.refused("its entry point " + ElfImage.hex(entry.getAsLong())
                    + " lies in none of its segments; the file is damaged");
        }
        return new PvhKernel(content.name(), entry.getAsLong(), segments, notes.rsdpUnrestricted());
    }

    /** The name of the file in messages. */
    public String name() {
        return name;
    }

    /** Guest-physical address at which vCPU 0 starts, in 32-bit protected mode without paging. */
    public long entry() {
        return entry;
    }

    /** The segments to load, by address; they do not overlap. */
    public List<Segment> segments() {
        return segments;
    }

    /** Guest-physical address of the first byte. */
    public long start() {
        return segments.get(0).address();
    }

    /** First guest-physical address behind the kernel; at most 4 GiB. */
    public long end() {
        return segments.get(segments.size() - 1).end();
    }

    /**
     * Whether the kernel finds the ACPI root pointer through the start info. Other kernels need the root pointer below
     * 1 MiB.
     */
    public boolean rsdpUnrestricted() {
        return rsdpUnrestricted;
    }
}
