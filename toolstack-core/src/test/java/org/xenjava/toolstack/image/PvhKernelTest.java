// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PvhKernelTest {
    private static final byte[] CODE = TestKernels.code(0x4000);

    static Stream<Arguments> wrappings() {
        byte[] elf = TestKernels.linux();
        return Stream.of(
                Arguments.of("vmlinux", elf),
                Arguments.of("vmlinux.gz", TestKernels.gzip(elf)),
                Arguments.of("bzImage of gzip", TestKernels.bzImage(TestKernels.gzip(elf))),
                Arguments.of("bzImage of xz", TestKernels.bzImage(TestKernels.xz(elf))),
                Arguments.of("bzImage of zstd", TestKernels.bzImage(TestKernels.zstd(elf))),
                Arguments.of("bzImage not compressed", TestKernels.bzImage(TestKernels.withLength(elf, elf.length))),
                Arguments.of("bzImage.gz of xz", TestKernels.gzip(TestKernels.bzImage(TestKernels.xz(elf)))),
                Arguments.of("vmlinux.gz with garbage behind it", Arrays.copyOf(TestKernels.gzip(elf), 20_000)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrappings")
    void theSameKernelComesOutOfEveryWrapping(String name, byte[] file) {
        PvhKernel kernel = TestKernels.parse(file);

        assertEquals(TestKernels.ENTRY, kernel.entry());
        assertEquals(TestKernels.START, kernel.start());
        assertEquals(TestKernels.START + 0x6000, kernel.end());
        assertTrue(kernel.rsdpUnrestricted());
        ByteArrayMemory memory = new ByteArrayMemory(0);
        load(kernel, memory, RamContents.FreshPages.UNDEFINED);
        assertArrayEquals(CODE, memory.read(TestKernels.START, CODE.length));
    }

    @Test
    void a32BitKernelWithA4ByteEntryNoteIsAccepted() {
        byte[] file = ElfBuilder.elf32()
                .load(0x10_0000, CODE, CODE.length)
                .note("Xen", ElfBuilder.PHYS32_ENTRY, new byte[] {0x10, 0, 0x10, 0})
                .build();

        PvhKernel kernel = TestKernels.parse(file);

        assertEquals(0x10_0010, kernel.entry());
        assertEquals(0x10_0000 + CODE.length, kernel.end());
    }

    @Test
    void segmentsAreListedByAddressWhateverTheOrderInTheFile() {
        byte[] file = ElfBuilder.elf64()
                .load(0x300_0000, CODE, CODE.length)
                .load(0x100_0000, CODE, CODE.length)
                .entry(0x100_0000)
                .build();

        PvhKernel kernel = TestKernels.parse(file);

        assertEquals(0x100_0000, kernel.segments().get(0).address());
        assertEquals(0x100_0000, kernel.start());
        assertEquals(0x300_0000 + CODE.length, kernel.end());
    }

    @Test
    void theLastOfTwoEntryNotesCounts() {
        byte[] file = ElfBuilder.elf64()
                .load(0x100_0000, CODE, CODE.length)
                .entry(0x100_0010)
                .entry(0x100_0020)
                .build();

        assertEquals(0x100_0020, TestKernels.parse(file).entry());
    }

    @Test
    void notesOfOtherOwnersAreIgnored() {
        byte[] file = ElfBuilder.elf64()
                .load(0x100_0000, CODE, CODE.length)
                .entry(0x100_0010)
                .note("Zen", ElfBuilder.PHYS32_ENTRY, new byte[] {1, 2, 3})
                .build();

        assertEquals(0x100_0010, TestKernels.parse(file).entry());
    }

    @Test
    void aLinuxWithoutTheFeatureNeedsItsRsdpBelow1MiB() {
        assertFalse(kernelWith("linux", new byte[] {1, 8, 0, 0}, "").rsdpUnrestricted());
        assertTrue(kernelWith("linux", new byte[] {0, (byte) 0x80, 0, 0}, "").rsdpUnrestricted());
        assertTrue(kernelWith("linux", new byte[4], "pae_pgdir_above_4gb|linux_rsdp_unrestricted")
                .rsdpUnrestricted());
    }

    @Test
    void systemsOtherThanLinuxFindTheRsdpAnywhere() {
        assertTrue(kernelWith("FreeBSD", new byte[4], "").rsdpUnrestricted());
    }

    @Test
    void bytesBehindTheFileContentAreZeroed() {
        PvhKernel kernel = TestKernels.parse(TestKernels.linux());
        ByteArrayMemory memory = new ByteArrayMemory(0xc2);

        load(kernel, memory, RamContents.FreshPages.UNDEFINED);

        assertEquals(0x4000, kernel.segments().get(0).fileBytes());
        assertArrayEquals(new byte[0x2000], memory.read(TestKernels.START + 0x4000, 0x2000));
    }

    @Test
    void segmentsMayBeginAndEndWithinAPage() {
        byte[] file = ElfBuilder.elf64()
                .load(0x100_0800, CODE, CODE.length + 0x30_0000)
                .load(0x170_0123, CODE, CODE.length)
                .entry(0x100_0800)
                .build();
        for (RamContents.FreshPages fresh : RamContents.FreshPages.values()) {
            ByteArrayMemory memory = new ByteArrayMemory(fresh == RamContents.FreshPages.ZERO ? 0 : 0xc2);
            load(TestKernels.parse(file), memory, fresh);

            assertArrayEquals(CODE, memory.read(0x100_0800, CODE.length));
            assertArrayEquals(new byte[0x30_0000], memory.read(0x100_0800 + CODE.length, 0x30_0000));
            assertArrayEquals(CODE, memory.read(0x170_0123, CODE.length));
        }
    }

    @Test
    void zerosAreNotWrittenToPagesThatAreZeroAnyway() {
        PvhKernel kernel = TestKernels.parse(TestKernels.linux());
        ByteArrayMemory memory = new ByteArrayMemory(0);

        load(kernel, memory, RamContents.FreshPages.ZERO);

        assertEquals("[4096, 4098, 4099]", memory.touchedFrames().toString());
        assertArrayEquals(CODE, memory.read(TestKernels.START, CODE.length));
    }

    private static void load(PvhKernel kernel, GuestMemory memory, RamContents.FreshPages fresh) {
        new RamContents("kernel", kernel.segments(), List.of(), fresh).loadInto(memory);
    }

    private static PvhKernel kernelWith(String guestOs, byte[] supported, String features) {
        return TestKernels.parse(ElfBuilder.elf64()
                .load(0x100_0000, CODE, CODE.length)
                .entry(0x100_0000)
                .note("Xen", ElfBuilder.GUEST_OS, (guestOs + "\0").getBytes(StandardCharsets.US_ASCII))
                .note("Xen", ElfBuilder.SUPPORTED_FEATURES, supported)
                .note("Xen", ElfBuilder.FEATURES, (features + "\0").getBytes(StandardCharsets.US_ASCII))
                .build());
    }
}
