// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.memory.PvhLayout;

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
        ElfImage elf = ElfImage.parse(expand(new ImageBytes(file)));
        XenNotes notes = XenNotes.of(elf);
        List<Segment> segments = loadable(elf);
        long entry = notes.entry()
                .orElseThrow(() -> new KernelImageException("kernel: it has no Xen note PHYS32_ENTRY, so it cannot be"
                        + " started as PVH: give a Linux kernel built with CONFIG_PVH=y"));
        if (segments.stream().noneMatch(segment -> segment.contains(entry))) {
            throw new KernelImageException(
                    "kernel: its entry point " + hex(entry) + " lies in none of its segments; the file is damaged");
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

    private static List<Segment> loadable(ElfImage elf) {
        List<Segment> segments = new ArrayList<>();
        for (ElfImage.ProgramHeader header : elf.headers()) {
            if (header.type() == ElfImage.ProgramHeader.LOAD && header.memoryBytes() != 0) {
                segments.add(segment(elf.file(), header));
            }
        }
        if (segments.isEmpty()) {
            throw new KernelImageException("kernel: the ELF file has no segment to load: give a vmlinux, not an"
                    + " object file or a file of debugging symbols");
        }
        segments.sort(Comparator.comparingLong(Segment::address));
        for (int i = 1; i < segments.size(); i++) {
            if (segments.get(i).address() < segments.get(i - 1).end()) {
                throw new KernelImageException("kernel: two of its segments overlap at "
                        + hex(segments.get(i).address()) + "; the file is damaged");
            }
        }
        return List.copyOf(segments);
    }

    private static Segment segment(ImageBytes file, ElfImage.ProgramHeader header) {
        long address = header.address();
        long bytes = header.memoryBytes();
        if (address < 0 || address >= PvhLayout.FOUR_GIB || bytes < 0 || bytes > PvhLayout.FOUR_GIB - address) {
            throw new KernelImageException("kernel: a segment at " + hex(address) + " of " + hex(bytes)
                    + " bytes does not lie below 4 GiB, where PVH kernels start; the file is damaged");
        }
        ImageBytes content = file.part(header.offset(), header.fileBytes(), "the content of a segment");
        if (content.length() > bytes) {
            throw new KernelImageException("kernel: the segment at " + hex(address) + " is longer in the file ("
                    + content.length() + " bytes) than in memory (" + bytes + "); the file is damaged");
        }
        return new Segment(address, bytes, content);
    }

    private static String hex(long address) {
        return "0x" + Long.toHexString(address);
    }
}
