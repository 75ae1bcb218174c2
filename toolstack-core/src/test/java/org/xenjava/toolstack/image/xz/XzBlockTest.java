// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.xz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/** The library's encoder is the judge of the decoder. */
class XzBlockTest {
    /** Like a program: bytes that follow from their neighbours, repetitions near and far, noise and zeros. */
    private static byte[] content(int length, long seed) {
        Random random = new Random(seed);
        byte[] content = new byte[length];
        for (int at = 0; at < length; ) {
            int part = Math.min(length - at, 1 + random.nextInt(4000));
            switch (random.nextInt(4)) {
                case 0 -> fill(content, at, part, random, 256);
                case 1 -> fill(content, at, part, random, 9);
                case 2 -> System.arraycopy(content, at == 0 ? 0 : random.nextInt(at), content, at, Math.min(part, at));
                default -> Arrays.fill(content, at, at + part, (byte) random.nextInt(3));
            }
            at += part;
        }
        return content;
    }

    private static void fill(byte[] content, int at, int count, Random random, int values) {
        for (int i = at; i < at + count; i++) {
            content[i] = (byte) random.nextInt(values);
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 0, 2, 1", "0, 0, 0, 2", "4, 0, 4, 3", "0, 4, 2, 4", "1, 2, 3, 5"})
    void whatTheLibraryPacksIsUnpacked(int literalContext, int literalPosition, int position, long seed)
            throws IOException {
        LZMA2Options options = new LZMA2Options(1);
        options.setLcLp(literalContext, literalPosition);
        options.setPb(position);
        for (int length : new int[] {1, 2, 1000, 300_000, 3_000_000}) {
            byte[] content = content(length, seed + length);
            byte[] packed = packed(content, XZ.CHECK_CRC32, options);

            XzBlock block = block(packed);

            assertEquals(length, block.contentBytes());
            assertEquals(OptionalInt.of(crc(content)), block.crc32());
            assertArrayEquals(content, decoded(block, packed));
        }
    }

    @Test
    void theFilterForCodeIsNamed() throws IOException {
        byte[] packed = packed(content(1000, 1), XZ.CHECK_NONE, new X86Options(), new LZMA2Options());

        assertTrue(block(packed).isX86());
        assertTrue(block(packed).crc32().isEmpty());
    }

    @Test
    void streamsOfAnotherFormAreLeftToTheLibrary() throws IOException {
        byte[] content = content(1000, 1);
        byte[] otherCheck = packed(content, XZ.CHECK_SHA256, new LZMA2Options());
        byte[] damagedIndex = packed(content, XZ.CHECK_CRC32, new LZMA2Options());
        damagedIndex[damagedIndex.length - 14] ^= 1;

        assertTrue(XzBlock.of(source(otherCheck), otherCheck.length).isEmpty());
        assertTrue(XzBlock.of(source(damagedIndex), damagedIndex.length).isEmpty());
        assertTrue(XzBlock.of(source(content), content.length).isEmpty());
    }

    @Test
    void damagedDataEndInAnErrorOrInOtherContentButNotInAnotherException() throws IOException {
        byte[] packed = packed(content(20_000, 1), XZ.CHECK_CRC32, new LZMA2Options());
        XzBlock block = block(packed);
        Random random = new Random(4711);
        int refused = 0;
        for (int i = 0; i < 500; i++) {
            byte[] damaged = packed.clone();
            damaged[(int) block.dataOffset() + random.nextInt((int) (packed.length - block.dataOffset()))] ^=
                    (byte) (1 << random.nextInt(8));
            try {
                decoded(block, damaged);
            } catch (IOException e) {
                refused++;
            }
        }
        assertTrue(refused > 250, refused + " of 500 were refused");
    }

    private static XzBlock block(byte[] packed) {
        return XzBlock.of(source(packed), packed.length).orElseThrow();
    }

    private static XzBlock.Source source(byte[] packed) {
        return (offset, count) -> Arrays.copyOfRange(packed, (int) offset, (int) offset + count);
    }

    private static byte[] decoded(XzBlock block, byte[] packed) throws IOException {
        ByteBuffer output = ByteBuffer.allocate((int) block.contentBytes());
        int offset = (int) block.dataOffset();
        block.decode(new ByteArrayInputStream(packed, offset, packed.length - offset), output);
        return output.array();
    }

    private static byte[] packed(byte[] content, int check, FilterOptions... filters) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (XZOutputStream out = new XZOutputStream(packed, filters, check)) {
            out.write(content);
        }
        return packed.toByteArray();
    }

    private static int crc(byte[] content) {
        CRC32 crc = new CRC32();
        crc.update(content);
        return (int) crc.getValue();
    }
}
