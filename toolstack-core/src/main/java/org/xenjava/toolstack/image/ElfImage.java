// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.memory.GuestLayout;

/**
 * The headers of an x86 ELF executable (System V ABI, chapters 4 and 5).
 *
 * @param content the whole file
 * @param file a view of it, valid while its reader is open
 * @param width the width of addresses
 * @param entry {@code e_entry}, unsigned and unchecked
 * @param headers all program headers, in the file's order
 */
record ElfImage(ImageContent content, ImageBytes file, Width width, long entry, List<ProgramHeader> headers) {
    private static final byte[] MAGIC = {0x7f, 'E', 'L', 'F'};

    private static final int CLASS = 4;
    private static final int CLASS_32 = 1;
    private static final int CLASS_64 = 2;
    private static final int DATA = 5;
    private static final int LITTLE_ENDIAN = 1;
    private static final int ENTRY = 24;
    private static final int TYPE = 16;
    private static final int TYPE_EXECUTABLE = 2;
    private static final int TYPE_SHARED = 3;
    private static final int MACHINE = 18;
    private static final int MACHINE_386 = 3;
    private static final int MACHINE_X86_64 = 62;

    private static final int HEADER_BYTES_32 = 32;
    private static final int HEADER_BYTES_64 = 56;
    private static final int SECTION_BYTES_32 = 40;
    private static final int SECTION_BYTES_64 = 64;
    private static final int SECTION_NOTE = 7;

    ElfImage {
        headers = List.copyOf(headers);
    }

    /** The width of addresses. */
    enum Width {
        BITS_32,
        BITS_64
    }

    /**
     * One program header. The numbers are as in the file, unsigned and unchecked.
     *
     * @param type one of {@code PT_…}
     * @param offset offset of the content in the file
     * @param fileBytes length of the content in the file
     * @param address guest-physical address
     * @param memoryBytes length in memory
     */
    record ProgramHeader(long type, long offset, long fileBytes, long address, long memoryBytes) {
        static final int LOAD = 1;
        static final int NOTE = 4;
    }

    static byte[] magic() {
        return MAGIC.clone();
    }

    /** @throws KernelImageException if the file is no kernel, or its headers are outside the file */
    static ElfImage ofKernel(ImageContent content, ImageBytes file) {
        if (!matches(file)) {
            throw file.refused("it begins with '" + file.beginning() + "', which is neither an ELF file nor a"
                    + " bzImage: give a vmlinux, a vmlinux.gz or a bzImage (vmlinuz)");
        }
        return parse(content, file);
    }

    static boolean matches(ImageBytes file) {
        return file.startsWith(MAGIC);
    }

    /** @throws KernelImageException if the file is no x86 executable, or its headers are outside the file */
    static ElfImage parse(ImageContent content, ImageBytes file) {
        int wordSize = file.u8(CLASS, "the ELF header");
        if (file.u8(DATA, "the ELF header") != LITTLE_ENDIAN || (wordSize != CLASS_32 && wordSize != CLASS_64)) {
            throw refused(file, "is neither 32 nor 64 bits wide, or not little-endian");
        }
        int machine = file.u16(MACHINE, "the ELF header");
        if (machine != MACHINE_386 && machine != MACHINE_X86_64) {
            throw refused(file, "is of machine " + machine + ", not x86");
        }
        int type = file.u16(TYPE, "the ELF header");
        if (type != TYPE_EXECUTABLE && type != TYPE_SHARED) {
            throw refused(file, "is of type " + type + ", not an executable");
        }
        return wordSize == CLASS_64
                ? new ElfImage(content, file, Width.BITS_64, file.u64(ENTRY, "the ELF header"), headers64(file))
                : new ElfImage(content, file, Width.BITS_32, file.u32(ENTRY, "the ELF header"), headers32(file));
    }

    /**
     * The segments to load, by address; they do not overlap.
     *
     * @throws KernelImageException if there is no segment to load, or a segment is not below 4 GiB
     */
    List<Segment> segments() {
        return segments(0);
    }

    /**
     * The segments to load, by address; they do not overlap.
     *
     * @param offset the physical address in the file of what is to be at address 0
     * @throws KernelImageException if there is no segment to load, or a segment is not below 4 GiB
     */
    List<Segment> segments(long offset) {
        List<Segment> segments = headers.stream()
                .filter(header -> header.type() == ProgramHeader.LOAD && header.memoryBytes() != 0)
                .map(header -> segment(header, header.address() - offset))
                .sorted(Comparator.comparingLong(Segment::address))
                .toList();
        if (segments.isEmpty()) {
            throw file.refused("the ELF file has no segment to load: give a program, not an object file or a file of"
                    + " debugging symbols");
        }
        for (int i = 1; i < segments.size(); i++) {
            if (segments.get(i).address() < segments.get(i - 1).end()) {
                throw file.refused(
                        "two of its segments overlap at " + hex(segments.get(i).address()) + "; the file is damaged");
            }
        }
        return segments;
    }

    private Segment segment(ProgramHeader header, long address) {
        long bytes = header.memoryBytes();
        if (address < 0 || address >= GuestLayout.FOUR_GIB || bytes < 0 || bytes > GuestLayout.FOUR_GIB - address) {
            throw file.refused("a segment at " + hex(address) + " of " + hex(bytes)
                    + " bytes does not lie below 4 GiB, where guests start; the file is damaged");
        }
        file.part(header.offset(), header.fileBytes(), "the content of a segment");
        if (header.fileBytes() > bytes) {
            throw file.refused("the segment at " + hex(address) + " is longer in the file (" + header.fileBytes()
                    + " bytes) than in memory (" + bytes + "); the file is damaged");
        }
        return new Segment(address, bytes, content, header.offset(), header.fileBytes());
    }

    static String hex(long address) {
        return "0x" + Long.toHexString(address);
    }

    private static List<ProgramHeader> headers64(ImageBytes file) {
        ImageBytes table = table(file, file.u64(32, "the ELF header"), 54, HEADER_BYTES_64);
        List<ProgramHeader> headers = new ArrayList<>();
        for (int at = 0; at < table.length(); at += HEADER_BYTES_64) {
            headers.add(new ProgramHeader(
                    table.u32(at, "p_type"),
                    table.u64(at + 8, "p_offset"),
                    table.u64(at + 32, "p_filesz"),
                    table.u64(at + 24, "p_paddr"),
                    table.u64(at + 40, "p_memsz")));
        }
        return headers;
    }

    private static List<ProgramHeader> headers32(ImageBytes file) {
        ImageBytes table = table(file, file.u32(28, "the ELF header"), 42, HEADER_BYTES_32);
        List<ProgramHeader> headers = new ArrayList<>();
        for (int at = 0; at < table.length(); at += HEADER_BYTES_32) {
            headers.add(new ProgramHeader(
                    table.u32(at, "p_type"),
                    table.u32(at + 4, "p_offset"),
                    table.u32(at + 16, "p_filesz"),
                    table.u32(at + 12, "p_paddr"),
                    table.u32(at + 20, "p_memsz")));
        }
        return headers;
    }

    /** Reads the table of program headers; {@code e_phentsize} is at {@code sizesAt}, followed by {@code e_phnum}. */
    private static ImageBytes table(ImageBytes file, long offset, int sizesAt, int entryBytes) {
        int declared = file.u16(sizesAt, "the ELF header");
        if (declared != entryBytes) {
            throw refused(file, "has program headers of " + declared + " bytes instead of " + entryBytes);
        }
        long count = file.u16(sizesAt + Short.BYTES, "the ELF header");
        return file.part(offset, count * entryBytes, "the table of program headers");
    }

    /**
     * The sections of notes. Tools may cut off the table of sections, and only notes are read from it. A table outside
     * the file, or with entries of another size, counts as empty.
     */
    List<ImageBytes> noteSections() {
        boolean wide = width == Width.BITS_64;
        long table = wide ? file.u64(40, "the ELF header") : file.u32(32, "the ELF header");
        int sizesAt = wide ? 58 : 46;
        int entryBytes = wide ? SECTION_BYTES_64 : SECTION_BYTES_32;
        long count = file.u16(sizesAt + Short.BYTES, "the ELF header");
        if (file.u16(sizesAt, "the ELF header") != entryBytes || !file.has(table, count * entryBytes)) {
            return List.of();
        }
        List<ImageBytes> sections = new ArrayList<>();
        // The first entry of the table is reserved.
        for (long at = table + entryBytes; at < table + count * entryBytes; at += entryBytes) {
            long offset = wide ? file.u64(at + 24, "a section") : file.u32(at + 16, "a section");
            long bytes = wide ? file.u64(at + 32, "a section") : file.u32(at + 20, "a section");
            if (file.u32(at + 4, "a section") == SECTION_NOTE && file.has(offset, 0)) {
                sections.add(notes(offset, bytes));
            }
        }
        return sections;
    }

    /** The segments of notes. Old linkers do not set the offset; such a segment is left out. */
    List<ImageBytes> noteSegments() {
        return headers.stream()
                .filter(header ->
                        header.type() == ProgramHeader.NOTE && header.offset() != 0 && file.has(header.offset(), 0))
                .map(header -> notes(header.offset(), header.fileBytes()))
                .toList();
    }

    /** The notes up to the declared end or the end of the file. Notes in front of the end of a truncated file count. */
    private ImageBytes notes(long offset, long declaredBytes) {
        long left = file.length() - offset;
        long bytes = declaredBytes < 0 ? left : Math.min(declaredBytes, left);
        return file.part(offset, bytes, "ELF notes");
    }

    private static KernelImageException refused(ImageBytes file, String why) {
        return file.refused("the ELF file " + why);
    }
}
