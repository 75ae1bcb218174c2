// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.error.KernelImageException;

/** Notes as kernels and tools really leave them, read as libelf reads them. */
class XenNotesTest {
    private static final long START = 0x100_0000;
    private static final byte[] CODE = TestKernels.code(64);
    private static final int XEN_VERSION = 5;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void notesAreFoundInSectionsIfNoSegmentHasThem(boolean wide) {
        ElfBuilder kernel = wide ? ElfBuilder.elf64() : ElfBuilder.elf32();

        PvhKernel parsed = TestKernels.parse(
                kernel.load(START, CODE, 64).entry(START + 16).notesInSection().build());

        assertEquals(START + 16, parsed.entry());
    }

    @Test
    void sectionsAreIgnoredIfASegmentHasANoteOfXen() {
        byte[] file = ElfBuilder.elf64()
                .load(START, CODE, 64)
                .entry(START + 16)
                .sectionNote("Xen", ElfBuilder.PHYS32_ENTRY, word(START + 32))
                .build();

        assertEquals(START + 16, TestKernels.parse(file).entry());
    }

    @Test
    void aSegmentWithoutAnyNoteOfXenDoesNotHideTheSections() {
        byte[] file = ElfBuilder.elf64()
                .load(START, CODE, 64)
                .note("GNU", 3, new byte[20])
                .sectionNote("Xen", ElfBuilder.PHYS32_ENTRY, word(START + 32))
                .build();

        assertEquals(START + 32, TestKernels.parse(file).entry());
    }

    @Test
    void aTableOfSectionsThatLiesOutsideOfTheFileHasNoSections() {
        byte[] file = ElfBuilder.elf64()
                .load(START, CODE, 64)
                .entry(START)
                .notesInSection()
                .build();
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(40, file.length - 8);

        KernelImageException e = assertThrows(KernelImageException.class, () -> TestKernels.parse(file));

        assertTrue(e.getMessage().contains("no Xen note PHYS32_ENTRY"), e.getMessage());
    }

    @Test
    void notesInFrontOfABrokenOneCount() {
        byte[] broken = ByteBuffer.allocate(20)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(4)
                .putInt(12)
                .putInt(9)
                .put("Xen\0abcd".getBytes(StandardCharsets.US_ASCII))
                .array();
        byte[] file = ElfBuilder.elf64()
                .load(START, CODE, 64)
                .entry(START + 16)
                .rawNotes(broken)
                .build();

        assertEquals(START + 16, TestKernels.parse(file).entry());
    }

    @Test
    void aKernelForPvGuestsIsCalledOneEvenIfItsLastNoteIsBroken() {
        ElfBuilder pv = ElfBuilder.elf64()
                .load(START, CODE, 64)
                .note("Xen", ElfBuilder.GUEST_OS, text("tiny"))
                .note("Xen", XEN_VERSION, text("xen-3.0"));
        byte[] whole = pv.build();
        byte[] broken = pv.rawNotes(new byte[] {4, 0, 0, 0, 12, 0, 0, 0, 9, 0, 0, 0, 'X', 'e', 'n', 0, 1, 2, 3, 4})
                .build();

        for (byte[] file : new byte[][] {whole, broken}) {
            KernelImageException e = assertThrows(KernelImageException.class, () -> TestKernels.parse(file));
            assertTrue(e.getMessage().contains("a kernel for PV guests"), e.getMessage());
            assertFalse(e.getMessage().contains("damaged"), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void anEntryPointMayHaveAnyWidth(int bytes) {
        // Of one byte: the kernel begins at 0.
        byte[] file = ElfBuilder.elf64()
                .load(0, CODE, 64)
                .note("Xen", ElfBuilder.PHYS32_ENTRY, Arrays.copyOf(new byte[] {16}, bytes))
                .build();

        assertEquals(16, TestKernels.parse(file).entry());
    }

    @Test
    void featuresAreAnArrayOfWords() {
        byte[] three = Arrays.copyOf(new byte[] {0, (byte) 0x80}, 12);
        assertTrue(withFeatures(three).rsdpUnrestricted());
        assertFalse(withFeatures(new byte[12]).rsdpUnrestricted());
        assertFalse(withFeatures(Arrays.copyOf(three, 7)).rsdpUnrestricted());
    }

    @Test
    void aSegmentOfMillionsOfEmptyNotesEnds() {
        byte[] file = ElfBuilder.elf64()
                .load(START, CODE, 64)
                .rawNotes(new byte[12 << 20])
                .build();

        KernelImageException e = assertThrows(KernelImageException.class, () -> TestKernels.parse(file));
        assertTrue(e.getMessage().contains("no Xen note"), e.getMessage());
    }

    private static PvhKernel withFeatures(byte[] features) {
        return TestKernels.parse(ElfBuilder.elf64()
                .load(START, CODE, 64)
                .note("Xen", ElfBuilder.GUEST_OS, text("linux"))
                .note("Xen", ElfBuilder.SUPPORTED_FEATURES, features)
                .entry(START)
                .build());
    }

    private static byte[] text(String text) {
        return (text + "\0").getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] word(long value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) value)
                .array();
    }
}
