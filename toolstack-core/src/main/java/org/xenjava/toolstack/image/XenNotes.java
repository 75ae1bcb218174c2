// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * A kernel's ELF notes for Xen's toolstack ({@code xen/include/public/elfnote.h}), read as Xen's libelf reads them: the notes of all segments; if none of these is Xen's, the notes of all sections. A note is Xen's if the
 * owner's name begins with {@code Xen} and a NUL, whatever length is declared. Notes are aligned to 4 bytes whatever
 * the segment's own alignment says. A note that begins inside of its segment may end outside of it; a note that ends
 * outside of the file is the last one, and those in front of it count.
 */
final class XenNotes {
    private static final byte[] OWNER = {'X', 'e', 'n', 0};

    /** libelf stops there as well. */
    private static final int MAX_NOTES = 65_536;

    private static final int GUEST_OS = 6;
    private static final int FEATURES = 10;
    private static final int SUPPORTED_FEATURES = 17;
    private static final int PHYS32_ENTRY = 18;

    private static final int RSDP_UNRESTRICTED_BIT = 15;

    private static final String RSDP_UNRESTRICTED_NAME = "linux_rsdp_unrestricted";
    private static final String LINUX = "linux";

    private static final int MAX_TEXT_BYTES = 4096;
    private static final int HEADER_BYTES = 12;
    private static final int ALIGNMENT = 4;

    private final ImageBytes file;
    private int seen;
    private int own;
    private OptionalLong entry = OptionalLong.empty();
    private String guestOs = "";
    private boolean rsdpUnrestricted;

    private XenNotes(ImageBytes file) {
        this.file = file;
    }

    /** Reads a file's notes; of a note given twice the last one counts. */
    static XenNotes of(ElfImage elf) {
        XenNotes notes = new XenNotes(elf.file());
        notes.readAll(elf.noteSegments());
        if (notes.own == 0) {
            notes.readAll(elf.noteSections());
        }
        return notes;
    }

    /** Returns true if any of the notes is Xen's. */
    boolean arePresent() {
        return own > 0;
    }

    /** {@code PHYS32_ENTRY}: where a PVH guest starts, in 32-bit mode without paging. */
    OptionalLong entry() {
        return entry;
    }

    /**
     * Returns true if the ACPI root pointer may lie anywhere. Linux before 4.17 looked for it below 1 MiB only; later kernels
     * say so ({@code XENFEAT_linux_rsdp_unrestricted}), and other systems never had that limit.
     */
    boolean rsdpUnrestricted() {
        return rsdpUnrestricted || !guestOs.equals(LINUX);
    }

    private void readAll(List<ImageBytes> parts) {
        parts.forEach(part -> read(part.offset(), part.offset() + part.length()));
    }

    private void read(long start, long end) {
        long at = start;
        while (at < end && file.has(at, HEADER_BYTES) && seen < MAX_NOTES) {
            seen++;
            long ownerBytes = file.u32(at, "an ELF note");
            long contentBytes = file.u32(at + 4, "an ELF note");
            long type = file.u32(at + 8, "an ELF note");
            long contentAt = at + HEADER_BYTES + align(ownerBytes);
            if (file.hasAt(at + HEADER_BYTES, OWNER)) {
                if (!file.has(contentAt, contentBytes)) {
                    return;
                }
                own++;
                take(type, file.part(contentAt, contentBytes, "an ELF note"));
            }
            at = contentAt + align(contentBytes);
        }
    }

    private void take(long type, ImageBytes content) {
        if (type == PHYS32_ENTRY) {
            entry = OptionalLong.of(number(content));
        } else if (type == GUEST_OS) {
            guestOs = text(content);
        } else if (type == SUPPORTED_FEATURES) {
            rsdpUnrestricted |= (features(content) >> RSDP_UNRESTRICTED_BIT & 1) != 0;
        } else if (type == FEATURES) {
            rsdpUnrestricted |= Arrays.stream(text(content).split("\\|"))
                    .anyMatch(feature ->
                            feature.equals(RSDP_UNRESTRICTED_NAME) || feature.equals("!" + RSDP_UNRESTRICTED_NAME));
        }
    }

    private static long number(ImageBytes content) {
        return switch ((int) Math.min(content.length(), Integer.MAX_VALUE)) {
            case Byte.BYTES -> content.u8(0, "PHYS32_ENTRY");
            case Short.BYTES -> content.u16(0, "PHYS32_ENTRY");
            case Integer.BYTES -> content.u32(0, "PHYS32_ENTRY");
            case Long.BYTES -> content.u64(0, "PHYS32_ENTRY");
            default ->
                throw content.refused("its Xen note PHYS32_ENTRY is of " + content.length()
                        + " bytes instead of 4 or 8; the file is damaged");
        };
    }

    /** The first of an array of words; a content that is no such array has no features. */
    private static long features(ImageBytes content) {
        boolean words = content.length() > 0 && content.length() % Integer.BYTES == 0;
        return words ? content.u32(0, "SUPPORTED_FEATURES") : 0;
    }

    private static String text(ImageBytes content) {
        byte[] bytes = content.copy(0, (int) Math.min(content.length(), MAX_TEXT_BYTES));
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    private static long align(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
