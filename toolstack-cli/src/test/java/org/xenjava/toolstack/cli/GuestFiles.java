// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Guests that can be planned and built: a kernel of one page at 16 MiB, and xl.cfg files. */
final class GuestFiles {
    private static final int ELF_HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int CODE = 4096;
    private static final long START = 16 << 20;

    private final Path directory;

    GuestFiles(Path directory) {
        this.directory = directory;
    }

    /** The path of a file with these lines, besides a name, PVH, and the kernel. */
    String config(String name, String... lines) {
        Path kernel = write("kernel", kernel());
        String text = "name = '" + name + "'\ntype = 'pvh'\nkernel = '" + kernel + "'\n" + String.join("\n", lines);
        return write(name + ".cfg", text.getBytes(StandardCharsets.UTF_8)).toString();
    }

    Path write(String name, byte[] content) {
        try {
            return Files.write(directory.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An ELF file with one segment, and a note that says where it starts. */
    private static byte[] kernel() {
        byte[] note = entryNote();
        int noteAt = ELF_HEADER + 2 * PROGRAM_HEADER;
        int codeAt = noteAt + note.length;
        ByteBuffer elf = ByteBuffer.allocate(codeAt + CODE).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        elf.putShort((short) 2).putShort((short) 62).putInt(1);
        elf.putLong(32, ELF_HEADER).putShort(52, (short) ELF_HEADER);
        elf.putShort(54, (short) PROGRAM_HEADER).putShort(56, (short) 2);
        programHeader(elf, ELF_HEADER, 1, codeAt, START, CODE);
        programHeader(elf, ELF_HEADER + PROGRAM_HEADER, 4, noteAt, 0, note.length);
        elf.put(noteAt, note);
        elf.put(codeAt, (byte) 0xf4);
        return elf.array();
    }

    private static void programHeader(ByteBuffer elf, int at, int type, long offset, long address, long bytes) {
        elf.putInt(at, type).putLong(at + 8, offset).putLong(at + 24, address);
        elf.putLong(at + 32, bytes).putLong(at + 40, bytes);
    }

    /** {@code XEN_ELFNOTE_PHYS32_ENTRY}. */
    private static byte[] entryNote() {
        ByteBuffer note = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        note.putInt(4).putInt(8).putInt(18).put("Xen\0".getBytes(StandardCharsets.US_ASCII));
        note.putLong(START);
        return note.array();
    }
}
