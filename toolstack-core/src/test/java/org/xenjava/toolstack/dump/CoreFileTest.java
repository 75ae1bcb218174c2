// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of the file for given pages, without a domain. */
class CoreFileTest {
    private static final byte[] NOTES = {1, 2, 3, 4, 5};
    private static final byte[] VCPUS = {9, 8, 7, 6, 5, 4, 3, 2};

    /** The header and the table of eight sections; the others are behind it. */
    private static final int OTHERS_AT = 64 + 8 * 64;

    /** The length of the sections' names, each with its NUL. */
    private static final int NAMES = 1 + 10 + 10 + 14 + 11 + 9;

    @TempDir
    private Path directory = Path.of("");

    private static ByteBuffer page(int content) {
        byte[] bytes = new byte[4096];
        Arrays.fill(bytes, (byte) content);
        return ByteBuffer.wrap(bytes);
    }

    /** A file with the frames 3 (of ones), 7 (of zeroes) and 0x100000 (of twos). */
    private ByteBuffer threePages() throws IOException {
        Path path = directory.resolve("core");
        try (FileChannel channel = FileChannel.open(path, CREATE_NEW, WRITE)) {
            CoreFile file = new CoreFile(channel, 1000);
            file.page(3, page(1));
            file.page(7, page(0));
            file.page(0x100000, page(2));
            assertEquals(3, file.pages());
            file.finish(NOTES, VCPUS, VCPUS.length);
        }
        return ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long field(ByteBuffer file, int section, int offset) {
        return file.getLong(64 + section * 64 + offset);
    }

    private static byte[] content(ByteBuffer file, int section) {
        byte[] bytes = new byte[(int) field(file, section, 32)];
        file.get((int) field(file, section, 24), bytes);
        return bytes;
    }

    @Test
    void theHeaderIsThatOfACoreForX86With64Bits() throws IOException {
        ByteBuffer file = threePages();
        assertEquals(0x464c457f, file.getInt(0));
        assertEquals(0x00010102, file.getInt(4), "64 bits, little-endian, version 1");
        assertEquals(4, file.getShort(16), "ET_CORE");
        assertEquals(62, file.getShort(18), "EM_X86_64");
        assertEquals(0, file.getLong(32), "no program headers");
        assertEquals(64, file.getLong(40), "the table of sections");
        assertEquals(64, file.getShort(58), "bytes of an entry");
        assertEquals(6, file.getShort(60), "sections");
        assertEquals(1, file.getShort(62), "the section of names");
    }

    @Test
    void theSectionsStandBehindEachOtherAndArePlacedByTheirAlignment() throws IOException {
        ByteBuffer file = threePages();
        assertEquals(OTHERS_AT, field(file, 1, 24));
        assertEquals(NAMES, field(file, 1, 32));
        assertEquals(OTHERS_AT + 56, field(file, 2, 24), "55 bytes of names, aligned to 4");
        assertArrayEquals(NOTES, content(file, 2));
        assertEquals(OTHERS_AT + 64, field(file, 3, 24), "61 bytes, aligned to 8");
        assertArrayEquals(VCPUS, content(file, 3));
        assertEquals(VCPUS.length, field(file, 3, 56), "bytes of a vCPU");
    }

    @Test
    void pagesAreWrittenInTheirOrderOnAPageBoundary() throws IOException {
        ByteBuffer file = threePages();
        assertEquals(4096, field(file, 4, 24));
        byte[] pages = content(file, 4);
        assertEquals(3 * 4096, pages.length);
        assertArrayEquals(page(1).array(), Arrays.copyOfRange(pages, 0, 4096));
        assertArrayEquals(page(0).array(), Arrays.copyOfRange(pages, 4096, 8192));
        assertArrayEquals(page(2).array(), Arrays.copyOfRange(pages, 8192, 12288));
    }

    @Test
    void theFrameNumbersStandBehindThePages() throws IOException {
        ByteBuffer file = threePages();
        assertEquals(4096 + 3 * 4096, field(file, 5, 24));
        ByteBuffer numbers = ByteBuffer.wrap(content(file, 5)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(3, numbers.getLong());
        assertEquals(7, numbers.getLong());
        assertEquals(0x100000, numbers.getLong());
        assertEquals(0, numbers.remaining());
        assertEquals(file.limit(), field(file, 5, 24) + field(file, 5, 32), "nothing follows");
    }

    @Test
    void aPageOfZeroesIsNotWritten() throws IOException {
        Path path = directory.resolve("zeroes");
        try (FileChannel channel = FileChannel.open(path, CREATE_NEW, WRITE)) {
            CoreFile file = new CoreFile(channel, 0);
            file.page(0, page(0));
            assertEquals(0, channel.size());
            file.page(1, page(1));
            assertEquals(4096 + 2 * 4096, channel.size(), "the hole of the first page is in front of the second");
        }
    }

    @Test
    void sectionsThatDoNotFitInFrontOfThePagesAreRefused() throws IOException {
        try (FileChannel channel = FileChannel.open(directory.resolve("core"), CREATE_NEW, WRITE)) {
            CoreFile file = new CoreFile(channel, 0);
            file.page(0, page(1));
            assertThrows(IllegalStateException.class, () -> file.finish(new byte[8192], VCPUS, VCPUS.length));
        }
    }
}
