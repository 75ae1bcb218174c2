// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.List;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.memory.layout.HvmLayout;

/**
 * The first program of an HVM guest: Xen's hvmloader, which makes the tables of a PC and starts the BIOS. hvmloader is
 * a 32-bit ELF file that is loaded at 1 MiB. Immutable.
 */
public final class HvmLoader {
    private final long entry;
    private final List<Segment> segments;

    private HvmLoader(long entry, List<Segment> segments) {
        this.entry = entry;
        this.segments = segments;
    }

    /**
     * Reads hvmloader's headers.
     *
     * @throws KernelImageException if the file is damaged or of another kind
     */
    public static HvmLoader parse(ImageContent content) {
        try (ImageReader reader = content.open()) {
            return parse(content, ImageBytes.of(content, reader));
        }
    }

    private static HvmLoader parse(ImageContent content, ImageBytes bytes) {
        if (!ElfImage.matches(bytes)) {
            throw bytes.refused("the file begins with '" + bytes.beginning() + "', which is no ELF file: give Xen's"
                    + " hvmloader");
        }
        ElfImage elf = ElfImage.parse(content, bytes);
        if (elf.width() != ElfImage.Width.BITS_32) {
            throw bytes.refused("the ELF file is of 64 bits, and hvmloader is started in 32-bit mode");
        }
        List<Segment> segments = elf.segments();
        long start = segments.get(0).address();
        if (start < HvmLayout.LOW_MEGABYTE_END) {
            throw bytes.refused("a segment lies at " + ElfImage.hex(start) + ", below 1 MiB, where the BIOS will be");
        }
        if (segments.stream().noneMatch(segment -> segment.contains(elf.entry()))) {
            throw bytes.refused("its entry point " + ElfImage.hex(elf.entry())
                    + " lies in none of its segments; the file is damaged");
        }
        return new HvmLoader(elf.entry(), segments);
    }

    /** Guest-physical address at which vCPU 0 starts, in 32-bit protected mode without paging. */
    public long entry() {
        return entry;
    }

    List<Segment> segments() {
        return segments;
    }

    long start() {
        return segments.get(0).address();
    }

    long end() {
        return segments.get(segments.size() - 1).end();
    }
}
