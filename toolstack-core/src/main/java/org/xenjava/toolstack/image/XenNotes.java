// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import org.xenjava.toolstack.error.KernelImageException;

/**
 * What a kernel tells Xen's toolstack in its ELF notes ({@code xen/include/public/elfnote.h}). Notes are aligned to 4
 * bytes whatever the segment's own alignment says, as Xen's libelf reads them.
 */
final class XenNotes {
    private static final byte[] OWNER = {'X', 'e', 'n', 0};

    private static final int GUEST_OS = 6;
    private static final int FEATURES = 10;
    private static final int SUPPORTED_FEATURES = 17;
    private static final int PHYS32_ENTRY = 18;

    private static final int RSDP_UNRESTRICTED_BIT = 15;

    private static final String RSDP_UNRESTRICTED_NAME = "linux_rsdp_unrestricted";
    private static final String LINUX = "linux";

    private static final int HEADER_BYTES = 12;
    private static final int ALIGNMENT = 4;

    private OptionalLong entry = OptionalLong.empty();
    private String guestOs = "";
    private boolean rsdpUnrestricted;

    private XenNotes() {}

    /** The notes of all {@code PT_NOTE} segments; of a note given twice the last one counts. */
    static XenNotes of(ElfImage elf) {
        XenNotes notes = new XenNotes();
        for (ElfImage.ProgramHeader header : elf.headers()) {
            if (header.type() == ElfImage.ProgramHeader.NOTE) {
                notes.read(elf.file().part(header.offset(), header.fileBytes(), "a segment of ELF notes"));
            }
        }
        return notes;
    }

    /** {@code PHYS32_ENTRY}: where a PVH guest starts, in 32-bit mode without paging. */
    OptionalLong entry() {
        return entry;
    }

    /**
     * The ACPI root pointer may lie anywhere. Linux before 4.17 looked for it below 1 MiB only; kernels that do
     * better say so ({@code XENFEAT_linux_rsdp_unrestricted}), and other systems always did.
     */
    boolean rsdpUnrestricted() {
        return rsdpUnrestricted || !guestOs.equals(LINUX);
    }

    private void read(ImageBytes segment) {
        long at = 0;
        while (segment.length() - at >= HEADER_BYTES) {
            long ownerBytes = segment.u32(at, "an ELF note");
            long contentBytes = segment.u32(at + 4, "an ELF note");
            long type = segment.u32(at + 8, "an ELF note");
            long contentAt = at + HEADER_BYTES + align(ownerBytes);
            ImageBytes owner = segment.part(at + HEADER_BYTES, ownerBytes, "the owner of an ELF note");
            ImageBytes content = segment.part(contentAt, contentBytes, "the content of an ELF note");
            if (ownerBytes == OWNER.length && owner.startsWith(OWNER)) {
                take(type, content);
            }
            at = contentAt + align(contentBytes);
        }
    }

    private void take(long type, ImageBytes content) {
        if (type == PHYS32_ENTRY) {
            entry = OptionalLong.of(number(content, "PHYS32_ENTRY"));
        } else if (type == GUEST_OS) {
            guestOs = text(content);
        } else if (type == SUPPORTED_FEATURES) {
            rsdpUnrestricted |= (number(content, "SUPPORTED_FEATURES") >> RSDP_UNRESTRICTED_BIT & 1) != 0;
        } else if (type == FEATURES) {
            rsdpUnrestricted |= Arrays.stream(text(content).split("\\|"))
                    .anyMatch(feature ->
                            feature.equals(RSDP_UNRESTRICTED_NAME) || feature.equals("!" + RSDP_UNRESTRICTED_NAME));
        }
    }

    private static long number(ImageBytes content, String name) {
        return switch (content.length()) {
            case Integer.BYTES -> content.u32(0, name);
            case Long.BYTES -> content.u64(0, name);
            default ->
                throw new KernelImageException("kernel: its Xen note " + name + " is of " + content.length()
                        + " bytes instead of 4 or 8; the file is damaged");
        };
    }

    private static String text(ImageBytes content) {
        String text = new String(content.copy(0, content.length()), StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    private static long align(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
