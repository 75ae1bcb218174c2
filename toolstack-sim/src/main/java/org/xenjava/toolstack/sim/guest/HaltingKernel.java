// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The smallest kernel that boots as PVH: an ELF file with the Xen note {@code PHYS32_ENTRY}, loaded at 1 MiB, whose
 * code halts the CPU. Simulated guests need a kernel to be loaded, but the simulation does not run its code.
 */
public final class HaltingKernel {
    private static final int START = 0x10_0000;

    /** {@code cli; hlt; jmp} back to {@code cli}. */
    private static final byte[] CODE = {(byte) 0xfa, (byte) 0xf4, (byte) 0xeb, (byte) 0xfc};

    private static final int HEADER_BYTES = 52;
    private static final int PROGRAM_HEADER_BYTES = 32;
    private static final int NOTE_AT = HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
    private static final int NOTE_BYTES = 20;
    private static final int CODE_AT = NOTE_AT + NOTE_BYTES;

    private static final short EXECUTABLE = 2;
    private static final short I386 = 3;
    private static final int LOAD = 1;
    private static final int NOTE = 4;
    private static final int PHYS32_ENTRY = 18;

    private HaltingKernel() {}

    /** {@return the bytes of the ELF file, about 140} */
    public static byte[] elf() {
        ByteBuffer elf = ByteBuffer.allocate(CODE_AT + CODE.length).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 1, 1, 1}).position(16);
        elf.putShort(EXECUTABLE).putShort(I386).putInt(1).putInt(START);
        elf.putInt(HEADER_BYTES).putInt(0).putInt(0);
        elf.putShort((short) HEADER_BYTES)
                .putShort((short) PROGRAM_HEADER_BYTES)
                .putShort((short) 2);
        programHeader(elf.position(HEADER_BYTES), LOAD, CODE_AT, START, CODE.length);
        programHeader(elf, NOTE, NOTE_AT, 0, NOTE_BYTES);
        elf.putInt(4).putInt(Integer.BYTES).putInt(PHYS32_ENTRY);
        elf.put("Xen\0".getBytes(StandardCharsets.US_ASCII)).putInt(START);
        return elf.put(CODE).array();
    }

    private static void programHeader(ByteBuffer elf, int type, int offset, int address, int bytes) {
        elf.putInt(type).putInt(offset).putInt(address).putInt(address);
        elf.putInt(bytes).putInt(bytes).putInt(0).putInt(0);
    }
}
