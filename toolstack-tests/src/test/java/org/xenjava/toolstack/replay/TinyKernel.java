// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.replay;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/**
 * A PVH kernel that is the same bytes wherever it is made: an ELF file with one segment, of which the first page is
 * code and the rest is zeros, and the note with the entry point. The code halts.
 *
 * @param address where the segment begins
 * @param memoryBytes how long it is in memory
 * @param entry where vCPU 0 starts
 */
public record TinyKernel(long address, long memoryBytes, long entry) {
    private static final int ELF_HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int PAGE = 4096;
    private static final int LOAD = 1;
    /** libxl takes no segment for loadable that has no permissions. */
    private static final int READ_WRITE_EXECUTE = 7;

    private static final int NOTE = 4;
    private static final int PHYS32_ENTRY = 18;
    /** hlt; jmp back to it. */
    private static final byte[] HALT = {(byte) 0xf4, (byte) 0xeb, (byte) 0xfd};

    private static final int SETUP_SECTORS = 2;
    private static final int SECTOR = 512;

    /** At 16 MiB, one page. */
    public static TinyKernel ofOnePage() {
        return new TinyKernel(16 << 20, PAGE, 16 << 20);
    }

    /** The ELF file. */
    public byte[] elf() {
        return elf(PAGE);
    }

    /**
     * The ELF file with a segment of a given length, none of whose pages are zero.
     *
     * @param segmentBytes in the file
     */
    public static byte[] filled(int segmentBytes) {
        byte[] elf = new TinyKernel(16 << 20, segmentBytes, 16 << 20).elf(segmentBytes);
        for (int at = elf.length - segmentBytes + HALT.length; at < elf.length; at++) {
            elf[at] = HALT[0];
        }
        return elf;
    }

    private byte[] elf(int segmentBytes) {
        byte[] note = entryNote();
        int noteAt = ELF_HEADER + 2 * PROGRAM_HEADER;
        int codeAt = noteAt + note.length;
        ByteBuffer file = ByteBuffer.allocate(codeAt + segmentBytes).order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        file.putShort((short) 2).putShort((short) 62).putInt(1);
        file.putLong(32, ELF_HEADER).putShort(52, (short) ELF_HEADER);
        file.putShort(54, (short) PROGRAM_HEADER).putShort(56, (short) 2);
        programHeader(file, ELF_HEADER, LOAD, codeAt, address, segmentBytes, memoryBytes);
        programHeader(file, ELF_HEADER + PROGRAM_HEADER, NOTE, noteAt, 0, note.length, note.length);
        file.put(noteAt, note);
        file.put(codeAt, HALT);
        return file.array();
    }

    /** The same as Linux packs it: a bzImage with xz. */
    public byte[] bzImage() {
        byte[] payload = xz(elf());
        int payloadAt = (1 + SETUP_SECTORS) * SECTOR;
        ByteBuffer image = ByteBuffer.allocate(payloadAt + payload.length).order(ByteOrder.LITTLE_ENDIAN);
        image.put(0x1f1, (byte) SETUP_SECTORS).putShort(0x1fe, (short) 0xaa55);
        image.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII)).putShort(0x206, (short) 0x20f);
        image.putInt(0x248, 0).putInt(0x24c, payload.length);
        image.put(payloadAt, payload);
        return image.array();
    }

    private static void programHeader(
            ByteBuffer file, int at, int type, long offset, long address, long fileBytes, long memoryBytes) {
        file.putInt(at, type)
                .putInt(at + 4, READ_WRITE_EXECUTE)
                .putLong(at + 8, offset)
                .putLong(at + 24, address);
        file.putLong(at + 32, fileBytes).putLong(at + 40, memoryBytes);
    }

    private byte[] entryNote() {
        ByteBuffer note = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        note.putInt(4).putInt(8).putInt(PHYS32_ENTRY).put("Xen\0".getBytes(StandardCharsets.US_ASCII));
        note.putLong(entry);
        return note.array();
    }

    private static byte[] xz(byte[] content) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        FilterOptions[] filters = {new X86Options(), new LZMA2Options()};
        try (XZOutputStream out = new XZOutputStream(packed, filters, XZ.CHECK_CRC32)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // Linux's build appends the length of the unpacked kernel.
        ByteBuffer length = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        packed.writeBytes(length.putInt(content.length).array());
        return packed.toByteArray();
    }
}
