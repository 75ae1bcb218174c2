// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

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

    /** A kernel has a few features; further words are ignored. */
    private static final int MOST_FEATURES = 64;

    private static final int RSDP_UNRESTRICTED_BIT = 15;

    private static final String RSDP_UNRESTRICTED_NAME = "linux_rsdp_unrestricted";
    private static final String LINUX = "linux";

    private static final int MAX_TEXT_BYTES = 4096;
    private static final int HEADER_BYTES = 12;
    private static final int ALIGNMENT = 4;

    private final ImageBytes file;
    private int seen;
    private int own;
    private final Map<Type, ImageBytes> contents = new EnumMap<>(Type.class);
    private final Set<String> requiredFeatures = new LinkedHashSet<>();
    private OptionalLong entry = OptionalLong.empty();
    private boolean rsdpUnrestricted;

    /** Types of notes ({@code XEN_ELFNOTE_*}). */
    enum Type {
        ENTRY(1),
        HYPERCALL_PAGE(2),
        VIRT_BASE(3),
        PADDR_OFFSET(4),
        XEN_VERSION(5),
        GUEST_OS(6),
        LOADER(8),
        FEATURES(10),
        INIT_P2M(15),
        MOD_START_PFN(16),
        SUPPORTED_FEATURES(17),
        PHYS32_ENTRY(18);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }

        private static Optional<Type> of(long number) {
            return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
        }
    }

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
        return rsdpUnrestricted || !text(Type.GUEST_OS).equals(LINUX);
    }

    /** The number in the last note of a type; empty without one. */
    OptionalLong number(Type type) {
        ImageBytes content = contents.get(type);
        return content == null ? OptionalLong.empty() : OptionalLong.of(number(content, type));
    }

    /** The text in the last note of a type; empty without one. */
    String text(Type type) {
        ImageBytes content = contents.get(type);
        return content == null ? "" : text(content);
    }

    /** The features that Xen must have, of all notes. */
    Set<String> requiredFeatures() {
        return requiredFeatures;
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
                ImageBytes content = file.part(contentAt, contentBytes, "an ELF note");
                Type.of(type).ifPresent(known -> take(known, content));
            }
            at = contentAt + align(contentBytes);
        }
    }

    private void take(Type type, ImageBytes content) {
        contents.put(type, content);
        if (type == Type.PHYS32_ENTRY) {
            entry = OptionalLong.of(number(content, type));
        } else if (type == Type.SUPPORTED_FEATURES) {
            rsdpUnrestricted |= (features(content) >> RSDP_UNRESTRICTED_BIT & 1) != 0;
        } else if (type == Type.FEATURES) {
            for (String word : text(content).split("\\|")) {
                boolean required = word.startsWith("!");
                String feature = required ? word.substring(1) : word;
                rsdpUnrestricted |= feature.equals(RSDP_UNRESTRICTED_NAME);
                if (required && requiredFeatures.size() < MOST_FEATURES) {
                    requiredFeatures.add(feature);
                }
            }
        }
    }

    private static long number(ImageBytes content, Type type) {
        String name = type.name();
        return switch ((int) Math.min(content.length(), Integer.MAX_VALUE)) {
            case Byte.BYTES -> content.u8(0, name);
            case Short.BYTES -> content.u16(0, name);
            case Integer.BYTES -> content.u32(0, name);
            case Long.BYTES -> content.u64(0, name);
            default ->
                throw content.refused("its Xen note " + name + " is of " + content.length()
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
