// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.List;
import org.xenjava.toolstack.error.KernelImageException;

/**
 * A kernel that can be started as PVH: what goes where in the guest's memory, and where it starts. Immutable.
 *
 * <p>Read from an x86 ELF file with a Xen note {@code PHYS32_ENTRY}, bare or compressed with gzip, or from a bzImage
 * that holds one, compressed with gzip, xz or zstd.
 */
public final class PvhKernel {
    private final long entry;
    private final List<Segment> segments;
    private final boolean rsdpUnrestricted;

    private PvhKernel(long entry, List<Segment> segments, boolean rsdpUnrestricted) {
        this.entry = entry;
        this.segments = segments;
        this.rsdpUnrestricted = rsdpUnrestricted;
    }

    /**
     * Reads a kernel.
     *
     * @param file the file's content; kept by the result, not to be changed afterwards
     * @throws KernelImageException if it is damaged, of an unknown kind, or has no PVH entry point
     */
    public static PvhKernel parse(byte[] file) {
        ElfImage elf = ElfImage.parse(expand(new ImageBytes("kernel", file)));
        XenNotes notes = XenNotes.of(elf);
        List<Segment> segments = elf.segments();
        long entry = notes.entry()
                .orElseThrow(() -> new KernelImageException("kernel: it has no Xen note PHYS32_ENTRY, so it cannot be"
                        + " started as PVH: give a Linux kernel built with CONFIG_PVH=y"));
        if (segments.stream().noneMatch(segment -> segment.contains(entry))) {
            throw new KernelImageException("kernel: its entry point " + ElfImage.hex(entry)
                    + " lies in none of its segments; the file is damaged");
        }
        return new PvhKernel(entry, segments, notes.rsdpUnrestricted());
    }

    /** Guest-physical address at which vCPU 0 starts, in 32-bit protected mode without paging. */
    public long entry() {
        return entry;
    }

    /** What is loaded, by address; segments do not overlap. */
    public List<Segment> segments() {
        return segments;
    }

    /** Guest-physical address of its first byte. */
    public long start() {
        return segments.get(0).address();
    }

    /** First guest-physical address behind it; at most 4 GiB. */
    public long end() {
        return segments.get(segments.size() - 1).end();
    }

    /** The kernel finds the ACPI root pointer wherever the start info says; if not, it must lie below 1 MiB. */
    public boolean rsdpUnrestricted() {
        return rsdpUnrestricted;
    }

    private static ImageBytes expand(ImageBytes file) {
        boolean gzipped = Compression.of(file).stream().anyMatch(Compression.GZIP::equals);
        ImageBytes image = gzipped ? Compression.GZIP.expand(file) : file;
        ImageBytes elf = BzImage.matches(image) ? BzImage.payload(image) : image;
        if (!ElfImage.matches(elf)) {
            throw new KernelImageException("kernel: " + (elf == file ? "the file" : "what is compressed in it")
                    + " begins with '" + elf.beginning() + "', which is neither an ELF file nor a bzImage: give a"
                    + " vmlinux, a vmlinux.gz or a bzImage (vmlinuz)");
        }
        return elf;
    }
}
