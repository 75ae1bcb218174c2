// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.KernelImageException;

class HvmLoaderTest {
    @Test
    void hvmloaderStartsAtTheEntryOfItsElfHeader() {
        HvmLoader loader = HvmLoader.parse(ImageContent.of(
                "hvmloader", hvmloader().start(0x10_0004).entry(0x10_0008).build()));

        assertEquals(0x10_0004, loader.entry());
        assertEquals(0x10_0000, loader.start());
        assertEquals(0x10_2000, loader.end());
    }

    @Test
    void aFileThatIsNotElfIsRefused() {
        assertRefused("#!/bin/sh\n".getBytes(StandardCharsets.US_ASCII), "begins with '23 21 2f 62");
        assertRefused(new byte[0], "no ELF file");
    }

    @Test
    void aProgramOf64BitsIsRefused() {
        byte[] wide = ElfBuilder.elf64()
                .load(0x10_0000, new byte[64], 64)
                .start(0x10_0000)
                .build();
        assertRefused(wide, "is of 64 bits");
    }

    @Test
    void aProgramInTheLowMegabyteIsRefusedBecauseTheBiosWillBeThere() {
        byte[] low = ElfBuilder.elf32()
                .load(0xe_0000, new byte[64], 64)
                .start(0xe_0000)
                .build();
        assertRefused(low, "0xe0000, below 1 MiB");
    }

    @Test
    void anEntryPointOutsideOfTheProgramIsRefused() {
        assertRefused(hvmloader().start(0x10_2000).build(), "entry point 0x102000 lies in none");
        assertRefused(hvmloader().start(0xffff_fff0L).build(), "entry point 0xfffffff0 lies in none");
    }

    @Test
    void aFileCutAnywhereIsRefusedAsHvmloader() {
        byte[] good = hvmloader().start(0x10_0000).build();
        for (int length = 0; length < good.length; length++) {
            assertRefused(Arrays.copyOf(good, length), "hvmloader: ");
        }
    }

    @Test
    void emptyFirmwareIsRefused() {
        KernelImageException e = assertThrows(KernelImageException.class, () -> TestFirmware.data(new byte[0]));
        assertEquals("data: the file is empty", e.getMessage());
    }

    private static ElfBuilder hvmloader() {
        return ElfBuilder.elf32().load(0x10_0000, TestKernels.code(600), 0x2000);
    }

    private static void assertRefused(byte[] file, String complaint) {
        KernelImageException e =
                assertThrows(KernelImageException.class, () -> HvmLoader.parse(ImageContent.of("hvmloader", file)));
        assertTrue(e.getMessage().contains(complaint), e.getMessage());
    }
}
