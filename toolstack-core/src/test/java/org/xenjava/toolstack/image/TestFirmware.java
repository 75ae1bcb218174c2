// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.Arrays;
import java.util.Optional;

/** Firmware for tests: of the sizes of Debian's, and without a meaning. */
public final class TestFirmware {
    static final long LOADER_START = 0x10_0000;
    static final long LOADER_ENTRY = LOADER_START + 0x10;

    private static final int LOADER_FILE_BYTES = 0x2a4c0;
    private static final int LOADER_MEMORY_BYTES = 0x33f40;
    private static final int BIOS_BYTES = 0x4_0000;

    private TestFirmware() {}

    public static byte[] hvmloader() {
        return ElfBuilder.elf32()
                .load(LOADER_START, TestKernels.code(LOADER_FILE_BYTES), LOADER_MEMORY_BYTES)
                .start(LOADER_ENTRY)
                .build();
    }

    /** A page of it, for tests that build many guests. */
    public static byte[] tinyLoader() {
        return ElfBuilder.elf32()
                .load(LOADER_START, TestKernels.code(64), 0x1000)
                .start(LOADER_ENTRY)
                .build();
    }

    /** Where SeaBIOS would be. */
    public static byte[] bios() {
        byte[] bios = new byte[BIOS_BYTES];
        Arrays.fill(bios, (byte) 0xb1);
        return bios;
    }

    public static HvmLoader loader() {
        return HvmLoader.parse(ImageContent.of("hvmloader", hvmloader()));
    }

    /** A BIOS or tables with that content. */
    public static DataImage data(byte[] content) {
        return DataImage.of(ImageContent.of("data", content));
    }

    static HvmFirmware plain() {
        return new HvmFirmware(loader(), data(bios()), Optional.empty(), Optional.empty());
    }
}
