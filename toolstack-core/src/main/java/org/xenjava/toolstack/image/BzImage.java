// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.KernelUnpacker.Scratch;

/**
 * Linux's boot file for x86: setup code, a decompressor and, from boot protocol 2.08 on, the position of the compressed
 * ELF file (Linux, {@code Documentation/arch/x86/boot.rst}).
 */
final class BzImage {
    private static final byte[] MAGIC = "HdrS".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ELF_MAGIC = ElfImage.magic();

    private static final int SETUP_SECTORS = 0x1f1;
    private static final int MAGIC_AT = 0x202;
    private static final int VERSION = 0x206;
    private static final int PAYLOAD_OFFSET = 0x248;
    private static final int PAYLOAD_LENGTH = 0x24c;

    private static final int VERSION_2_08 = 0x0208;
    private static final int SECTOR_BYTES = 512;
    /** The number of setup sectors if the header's field is 0. */
    private static final int DEFAULT_SETUP_SECTORS = 4;

    private BzImage() {}

    static boolean matches(ImageBytes file) {
        return file.hasAt(MAGIC_AT, MAGIC);
    }

    /**
     * Unpacks the ELF file.
     *
     * @param limit the largest number of unpacked bytes
     * @param room creates an empty place for temporary data
     * @throws KernelImageException if the file is too old, damaged, or its payload exceeds the limit
     */
    static void expand(ImageBytes file, long limit, Scratch into, Supplier<? extends Scratch> room) {
        int version = file.u16(VERSION, "the bzImage's version");
        if (version < VERSION_2_08) {
            throw file.refused("a bzImage of boot protocol %d.%02d; 2.08 is the oldest that tells"
                            .formatted(version >> 8, version & 0xff)
                    + " where its ELF file lies: give a newer kernel or its vmlinux");
        }
        int sectors = file.u8(SETUP_SECTORS, "the bzImage's size of setup");
        long protectedMode = (long) ((sectors == 0 ? DEFAULT_SETUP_SECTORS : sectors) + 1) * SECTOR_BYTES;
        ImageBytes payload = file.part(
                protectedMode + file.u32(PAYLOAD_OFFSET, "the offset of the bzImage's payload"),
                file.u32(PAYLOAD_LENGTH, "the length of the bzImage's payload"),
                "the bzImage's payload");
        if (payload.startsWith(ELF_MAGIC)) {
            Compression.copy(payload, limit, into.output());
        } else {
            Compression.of(payload)
                    .orElseThrow(() -> file.refused("the bzImage's payload begins with " + payload.beginning()
                            + ", which is no known compression; supported are " + Compression.SUPPORTED))
                    .expand(payload, limit, into, room);
        }
    }
}
