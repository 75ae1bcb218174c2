// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The smallest kernel that boots as a PV guest, and as PVH, too: a 64-bit ELF file with the Xen notes {@code PHYS32_ENTRY}, {@code VIRT_BASE},
 * {@code ENTRY}, {@code XEN_VERSION} and {@code LOADER}, loaded at 1 MiB, whose code halts the CPU. Simulated guests need a kernel to be loaded, but
 * the simulation does not run its code.
 */
public final class HaltingPvKernel {
    private static final int START = 0x10_0000;
    private static final long VIRTUAL_BASE = 0xffff_ffff_8000_0000L;

    /** {@code cli; hlt; jmp} back to {@code cli}. */
    private static final byte[] CODE = {(byte) 0xfa, (byte) 0xf4, (byte) 0xeb, (byte) 0xfc};

    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int NOTES_AT = HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
    private static final int NOTE_BYTES = 24;
    private static final int NOTES_BYTES = 5 * NOTE_BYTES;
    private static final int CODE_AT = NOTES_AT + NOTES_BYTES;

    private static final short EXECUTABLE = 2;
    private static final short X86_64 = 62;
    private static final int LOAD = 1;
    private static final int NOTE = 4;
    private static final int ENTRY = 1;
    private static final int VIRT_BASE = 3;
    private static final int XEN_VERSION = 5;
    private static final int LOADER = 8;
    private static final int PHYS32_ENTRY = 18;

    private HaltingPvKernel() {}

    /** {@return the bytes of the ELF file, about 300} */
    public static byte[] elf() {
        ByteBuffer elf = ByteBuffer.allocate(CODE_AT + CODE.length).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        elf.putShort(EXECUTABLE).putShort(X86_64).putInt(1).putLong(START);
        elf.putLong(HEADER_BYTES).putLong(0).putInt(0);
        elf.putShort((short) HEADER_BYTES)
                .putShort((short) PROGRAM_HEADER_BYTES)
                .putShort((short) 2);
        programHeader(elf.position(HEADER_BYTES), LOAD, CODE_AT, START, CODE.length);
        programHeader(elf, NOTE, NOTES_AT, 0, NOTES_BYTES);
        note(elf, PHYS32_ENTRY, START);
        note(elf, VIRT_BASE, VIRTUAL_BASE);
        note(elf, ENTRY, VIRTUAL_BASE + START);
        note(elf, XEN_VERSION, "xen-3.0");
        note(elf, LOADER, "generic");
        return elf.put(CODE).array();
    }

    private static void note(ByteBuffer elf, int type, long number) {
        elf.putInt(4).putInt(Long.BYTES).putInt(type);
        elf.put("Xen\0".getBytes(StandardCharsets.US_ASCII)).putLong(number);
    }

    /** A text of seven letters and a NUL. */
    private static void note(ByteBuffer elf, int type, String text) {
        note(
                elf,
                type,
                ByteBuffer.wrap((text + "\0").getBytes(StandardCharsets.US_ASCII))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getLong());
    }

    private static void programHeader(ByteBuffer elf, int type, int offset, int address, int bytes) {
        elf.putInt(type).putInt(0).putLong(offset).putLong(address).putLong(address);
        elf.putLong(bytes).putLong(bytes).putLong(0);
    }
}
