// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.KernelImageException;

class CompressionTest {
    private static final int NOISE = 12 << 10;
    private static final int ZEROS = 8 << 20;

    /**
     * {@code long-window.zst} is made as Linux's build makes kernels, {@code cat content | zstd -22 --ultra}: 12 KiB
     * of noise, 8 MiB of zeros, the same noise again, which the encoder found more than 8 MiB back.
     */
    @Test
    void zstdWindowsLargerThanTheDecoderTakesAreExpanded() {
        byte[] frame = Resources.bytes("long-window.zst");
        assertTrue((frame[5] & 0xff) > 13 << 3, "the window is of 8 MiB or less: the test tests nothing");

        byte[] content = expand(Compression.ZSTD, TestKernels.withLength(frame, 2 * NOISE + ZEROS));

        byte[] expected = new byte[2 * NOISE + ZEROS];
        System.arraycopy(content, 0, expected, 0, NOISE);
        System.arraycopy(content, 0, expected, NOISE + ZEROS, NOISE);
        assertTrue(Arrays.equals(expected, content), "the content is not noise, zeros, noise");
        assertNotEquals(0, content[0]);
    }

    @Test
    void aDeclaredLengthThatIsTooSmallDoesNotTruncateTheContent() {
        byte[] content = TestKernels.code(100_000);
        byte[] packed = TestKernels.xz(content);
        byte[] lying = TestKernels.withLength(Arrays.copyOf(packed, packed.length - 4), 17);

        assertArrayEquals(content, expand(Compression.XZ, lying));
    }

    @Test
    void aLargeDeclaredLengthAllocatesNothingBeforehand() {
        byte[] content = TestKernels.code(100_000);
        byte[] packed = TestKernels.xz(content);
        byte[] lying = TestKernels.withLength(Arrays.copyOf(packed, packed.length - 4), -1);

        assertArrayEquals(content, expand(Compression.XZ, lying));
    }

    @Test
    void contentWithADamagedChecksumIsRefused() {
        byte[] packed = TestKernels.gzip(TestKernels.code(1000));
        packed[packed.length - 8] ^= 1;

        KernelImageException e = assertThrows(KernelImageException.class, () -> expand(Compression.GZIP, packed));

        assertTrue(e.getMessage().contains("gzip data are cut off or damaged"), e.getMessage());
    }

    private static byte[] expand(Compression compression, byte[] packed) {
        ImageContent content = ImageContent.of("kernel", packed);
        try (ImageReader reader = content.open();
                HeapScratch expanded = new HeapScratch()) {
            ImageBytes bytes = ImageBytes.of(content, reader);
            assertEquals(compression, Compression.of(bytes).orElseThrow());
            compression.expand(bytes, 1 << 30, expanded, HeapScratch::new);
            return expanded.bytes();
        }
    }
}
