// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Makes small ELF kernels: valid ones, and ones whose headers say what a test wants them to say. */
final class ElfBuilder {
    static final int PHYS32_ENTRY = 18;
    static final int GUEST_OS = 6;
    static final int FEATURES = 10;
    static final int SUPPORTED_FEATURES = 17;

    private static final int LOAD = 1;
    private static final int NOTE = 4;

    private final boolean wide;
    private int type = 2;
    private int machine;
    private long start;
    private final List<Part> parts = new ArrayList<>();
    private final ByteArrayOutputStream notes = new ByteArrayOutputStream();
    private final ByteArrayOutputStream sectionNotes = new ByteArrayOutputStream();

    private record Part(int type, byte[] content, long fileBytes, long address, long memoryBytes) {}

    private ElfBuilder(boolean wide) {
        this.wide = wide;
        this.machine = wide ? 62 : 3;
    }

    static ElfBuilder elf64() {
        return new ElfBuilder(true);
    }

    static ElfBuilder elf32() {
        return new ElfBuilder(false);
    }

    ElfBuilder type(int value) {
        type = value;
        return this;
    }

    ElfBuilder machine(int value) {
        machine = value;
        return this;
    }

    /** {@code e_entry}, which PVH does not look at. */
    ElfBuilder start(long address) {
        start = address;
        return this;
    }

    ElfBuilder load(long address, byte[] content, long memoryBytes) {
        return load(address, content, content.length, memoryBytes);
    }

    /** A segment that claims to have more bytes in the file than it has. */
    ElfBuilder load(long address, byte[] content, long fileBytes, long memoryBytes) {
        parts.add(new Part(LOAD, content, fileBytes, address, memoryBytes));
        return this;
    }

    ElfBuilder entry(long address) {
        return number(PHYS32_ENTRY, address);
    }

    ElfBuilder note(String owner, int noteType, byte[] content) {
        append(notes, owner, noteType, content);
        return this;
    }

    /** A note of Xen's with a text. */
    ElfBuilder text(int noteType, String text) {
        return note("Xen", noteType, (text + "\0").getBytes(StandardCharsets.US_ASCII));
    }

    /** A note of Xen's with a number of 64 bits. */
    ElfBuilder number(int noteType, long number) {
        return note(
                "Xen",
                noteType,
                ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(number)
                        .array());
    }

    /** A note in a section that no segment covers. */
    ElfBuilder sectionNote(String owner, int noteType, byte[] content) {
        append(sectionNotes, owner, noteType, content);
        return this;
    }

    /** Puts the notes so far into a section that no segment covers. */
    ElfBuilder notesInSection() {
        sectionNotes.writeBytes(notes.toByteArray());
        notes.reset();
        return this;
    }

    private static void append(ByteArrayOutputStream notes, String owner, int noteType, byte[] content) {
        byte[] name = (owner + "\0").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer header = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(name.length).putInt(content.length).putInt(noteType);
        notes.writeBytes(header.array());
        notes.writeBytes(padded(name));
        notes.writeBytes(padded(content));
    }

    ElfBuilder rawNotes(byte[] bytes) {
        notes.writeBytes(bytes);
        return this;
    }

    byte[] build() {
        List<Part> all = new ArrayList<>(parts);
        if (notes.size() > 0) {
            all.add(new Part(NOTE, notes.toByteArray(), notes.size(), 0, 0));
        }
        int headerBytes = wide ? 64 : 52;
        int entryBytes = wide ? 56 : 32;
        int offset = headerBytes + all.size() * entryBytes;
        int size = offset + all.stream().mapToInt(part -> part.content().length).sum();
        ByteBuffer file = ByteBuffer.allocate(size + sectionBytes()).order(ByteOrder.LITTLE_ENDIAN);
        if (sectionNotes.size() > 0) {
            sections(file, size);
        }
        header(file, headerBytes, entryBytes, all.size());
        for (int i = 0; i < all.size(); i++) {
            Part part = all.get(i);
            programHeader(file, headerBytes + i * entryBytes, part, offset);
            file.put(offset, part.content());
            offset += part.content().length;
        }
        return file.array();
    }

    private int sectionBytes() {
        return sectionNotes.size() == 0 ? 0 : 2 * (wide ? 64 : 40) + sectionNotes.size();
    }

    /** A table of two sections, none and the notes, and the notes. */
    private void sections(ByteBuffer file, int at) {
        int entryBytes = wide ? 64 : 40;
        int notesAt = at + 2 * entryBytes;
        int entry = at + entryBytes;
        file.putInt(entry + 4, 7).put(notesAt, sectionNotes.toByteArray());
        if (wide) {
            file.putLong(40, at).putLong(entry + 24, notesAt).putLong(entry + 32, sectionNotes.size());
        } else {
            file.putInt(32, at).putInt(entry + 16, notesAt).putInt(entry + 20, sectionNotes.size());
        }
        file.putShort(wide ? 58 : 46, (short) entryBytes).putShort(wide ? 60 : 48, (short) 2);
    }

    private void header(ByteBuffer file, int headerBytes, int entryBytes, int count) {
        file.put(0, new byte[] {0x7f, 'E', 'L', 'F', (byte) (wide ? 2 : 1), 1, 1});
        file.putShort(16, (short) type).putShort(18, (short) machine).putInt(20, 1);
        if (wide) {
            file.putLong(24, start).putLong(32, headerBytes);
        } else {
            file.putInt(24, (int) start).putInt(28, headerBytes);
        }
        int sizes = wide ? 52 : 40;
        file.putShort(sizes, (short) headerBytes)
                .putShort(sizes + 2, (short) entryBytes)
                .putShort(sizes + 4, (short) count);
    }

    private void programHeader(ByteBuffer file, int at, Part part, int offset) {
        file.putInt(at, part.type());
        if (wide) {
            file.putLong(at + 8, offset)
                    .putLong(at + 16, 0xffff_ffff_8000_0000L + part.address())
                    .putLong(at + 24, part.address())
                    .putLong(at + 32, part.fileBytes())
                    .putLong(at + 40, part.memoryBytes());
        } else {
            file.putInt(at + 4, offset)
                    .putInt(at + 8, (int) (0xc000_0000L + part.address()))
                    .putInt(at + 12, (int) part.address())
                    .putInt(at + 16, (int) part.fileBytes())
                    .putInt(at + 20, (int) part.memoryBytes());
        }
    }

    private static byte[] padded(byte[] bytes) {
        return java.util.Arrays.copyOf(bytes, (bytes.length + 3) / 4 * 4);
    }
}
