// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The smallest kernel that can be started as PVH: one page at 16 MiB that halts its vCPU for ever. For whoever wants
 * a guest built and has no kernel at hand: tests, and rehearsals on an embedded Xen.
 */
public final class TinyKernel {
    private static final long START = 16 << 20;
    private static final int PAGE_BYTES = 4096;

    /** {@code cli; 1: hlt; jmp 1b}. */
    private static final byte[] CODE = {(byte) 0xfa, (byte) 0xf4, (byte) 0xeb, (byte) 0xfd};

    private static final int ELF_HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int NOTE_AT = ELF_HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
    private static final int NOTE_BYTES = 24;
    private static final int CODE_AT = NOTE_AT + NOTE_BYTES;

    private static final short TYPE_EXECUTABLE = 2;
    private static final short MACHINE_X86_64 = 62;
    private static final int SEGMENT_LOAD = 1;
    private static final int SEGMENT_NOTE = 4;

    /** {@code XEN_ELFNOTE_PHYS32_ENTRY}. */
    private static final int PHYS32_ENTRY = 18;

    private TinyKernel() {}

    /** An ELF file of 64 bits: one segment, and a note that says where it starts. */
    public static byte[] elf() {
        ByteBuffer elf = ByteBuffer.allocate(CODE_AT + PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        elf.putShort(TYPE_EXECUTABLE).putShort(MACHINE_X86_64).putInt(1).putLong(START);
        elf.putLong(ELF_HEADER_BYTES).position(52);
        elf.putShort((short) ELF_HEADER_BYTES)
                .putShort((short) PROGRAM_HEADER_BYTES)
                .putShort((short) 2);
        elf.position(ELF_HEADER_BYTES);
        putProgramHeader(elf, SEGMENT_LOAD, CODE_AT, START, PAGE_BYTES);
        putProgramHeader(elf, SEGMENT_NOTE, NOTE_AT, 0, NOTE_BYTES);
        elf.putInt(4).putInt(Long.BYTES).putInt(PHYS32_ENTRY);
        elf.put("Xen\0".getBytes(StandardCharsets.US_ASCII)).putLong(START);
        elf.put(CODE);
        return elf.array();
    }

    private static void putProgramHeader(ByteBuffer elf, int type, long offset, long address, long bytes) {
        elf.putInt(type).putInt(0).putLong(offset).putLong(address).putLong(address);
        elf.putLong(bytes).putLong(bytes).putLong(0);
    }
}
