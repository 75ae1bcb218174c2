// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * The ELF notes of a kernel for Xen's toolstack ({@code xen/include/public/elfnote.h}), read as Xen's libelf reads
 * them: the notes of all segments, or the notes of all sections if no segment has one of Xen's. A note is Xen's if its
 * owner's name begins with {@code Xen} and a NUL; the declared length of the name is not compared. Notes are aligned to
 * 4 bytes, even if the segment has another alignment. A note that begins inside its segment may end outside of it. A
 * note that ends outside the file ends the list; the notes in front of it count.
 */
final class XenNotes {
    private static final byte[] OWNER = {'X', 'e', 'n', 0};

    /** libelf stops here too. */
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

    /** Reads the notes of a file. If a note occurs twice, the last one counts. */
    static XenNotes of(ElfImage elf) {
        XenNotes notes = new XenNotes(elf.file());
        notes.readAll(elf.noteSegments());
        if (notes.own == 0) {
            notes.readAll(elf.noteSections());
        }
        return notes;
    }

    /** Whether any of the notes is Xen's. */
    boolean arePresent() {
        return own > 0;
    }

    /** {@code PHYS32_ENTRY}: the entry point of a PVH guest, in 32-bit mode without paging. */
    OptionalLong entry() {
        return entry;
    }

    /**
     * Whether the ACPI root pointer may have any address. Linux before 4.17 searches for it only below 1 MiB. Later
     * kernels have {@code XENFEAT_linux_rsdp_unrestricted}; other systems never had the limit.
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

    /** The first word of an array of words. Another content counts as no features. */
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
