// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.SingleXZInputStream;
import org.xenjava.toolstack.error.KernelImageException;

/**
 * The ways in which Linux's build compresses the kernel inside a bzImage. The last four bytes of such a payload are
 * the length of what is inside: part of the format of gzip, appended by Linux's build for the others.
 */
enum Compression {
    GZIP("1f8b"),
    XZ("fd377a585a00"),
    ZSTD("28b52ffd"),
    BZIP2("425a68"),
    LZMA("5d0000"),
    LZO("894c5a4f"),
    LZ4("02214c18");

    /** Largest kernel that is expanded. The largest of distributions are about 100 MiB. */
    static final int MAX_EXPANDED_BYTES = 512 << 20;

    /** What a message offers instead of a format that is not supported. */
    static final String SUPPORTED = "gzip, xz and zstd";

    private static final int LENGTH_BYTES = Integer.BYTES;
    /** Kernels shrink to a fifth. A declared length beyond this ratio is not believed before it has been seen. */
    private static final int BELIEVED_RATIO = 16;
    /**
     * Zstd is expanded in one go, so that its declared length has to be believed or refused: more than gzip could
     * do is refused.
     */
    private static final int MAX_ZSTD_RATIO = 1024;

    private static final int SMALLEST_BUFFER = 4096;
    /** Since Linux 6.12 kernels are packed with a dictionary of 128 MiB. */
    private static final int XZ_MEMORY_LIMIT_KIB = 192 << 10;

    private static final int ZSTD_DESCRIPTOR = 4;
    private static final int ZSTD_SINGLE_SEGMENT = 0x20;
    private static final int ZSTD_WINDOW = 5;
    /** Window of 8 MiB: exponent 13 over 1 KiB in the upper five bits. */
    private static final int ZSTD_WINDOW_8_MIB = 13 << 3;

    private final byte[] magic;

    Compression(String magic) {
        this.magic = HexFormat.of().parseHex(magic);
    }

    /** The format that the bytes begin with, if it is one of these. */
    static Optional<Compression> of(ImageBytes bytes) {
        return Arrays.stream(values()).filter(c -> bytes.startsWith(c.magic)).findFirst();
    }

    /** Its name, as the tools spell it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * What is inside. Bytes behind the end of the compressed data are not looked at.
     *
     * @throws KernelImageException if the format is not supported, the data are damaged or expand to more than
     *     {@link #MAX_EXPANDED_BYTES}
     */
    ImageBytes expand(ImageBytes compressed) {
        try {
            return compressed.expanded(
                    switch (this) {
                        case GZIP -> readAll(new GZIPInputStream(compressed.stream()), compressed);
                        case XZ ->
                            readAll(new SingleXZInputStream(compressed.stream(), XZ_MEMORY_LIMIT_KIB), compressed);
                        case ZSTD -> expandZstd(compressed);
                        case BZIP2, LZMA, LZO, LZ4 ->
                            throw new KernelImageException("kernel: compressed with " + word() + "; supported are "
                                    + SUPPORTED + ": give a kernel compressed with one of these, or a vmlinux");
                    });
        } catch (KernelImageException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // The decoders throw many things at bad input, unchecked ones too.
            throw new KernelImageException("kernel: its " + word() + " data are cut off or damaged (" + e + ")", e);
        }
    }

    private static byte[] readAll(InputStream in, ImageBytes compressed) throws IOException {
        byte[] buffer = new byte[firstBuffer(compressed)];
        int filled = 0;
        while (true) {
            filled += in.readNBytes(buffer, filled, buffer.length - filled);
            int next = filled < buffer.length ? -1 : in.read();
            if (next < 0) {
                return filled == buffer.length ? buffer : Arrays.copyOf(buffer, filled);
            }
            if (buffer.length >= MAX_EXPANDED_BYTES) {
                throw tooLarge();
            }
            buffer = Arrays.copyOf(buffer, (int) Math.min(2L * buffer.length, MAX_EXPANDED_BYTES));
            buffer[filled++] = (byte) next;
        }
    }

    private static int firstBuffer(ImageBytes compressed) {
        long believed = Math.min((long) BELIEVED_RATIO * compressed.length(), MAX_EXPANDED_BYTES);
        return (int) Math.max(Math.min(declaredLength(compressed), believed), SMALLEST_BUFFER);
    }

    private static byte[] expandZstd(ImageBytes compressed) {
        long declared = declaredLength(compressed);
        if (declared > MAX_EXPANDED_BYTES) {
            throw tooLarge();
        }
        if (declared > (long) MAX_ZSTD_RATIO * compressed.length()) {
            throw new KernelImageException("kernel: " + compressed.length() + " bytes of zstd data claim to expand to "
                    + declared + "; the file is damaged");
        }
        byte[] frame = compressed.copy(0, compressed.length() - LENGTH_BYTES);
        narrowWindow(frame);
        byte[] expanded = new byte[(int) declared];
        int length = new ZstdDecompressor().decompress(frame, 0, frame.length, expanded, 0, expanded.length);
        return length == expanded.length ? expanded : Arrays.copyOf(expanded, length);
    }

    /**
     * The decoder refuses windows of more than 8 MiB, and Linux's build makes 128 MiB ones. It does not need a
     * window: it expands into one array, every byte of which stays in reach. So the frame's header is made to ask
     * for 8 MiB.
     */
    private static void narrowWindow(byte[] frame) {
        boolean hasWindow = frame.length > ZSTD_WINDOW && (frame[ZSTD_DESCRIPTOR] & ZSTD_SINGLE_SEGMENT) == 0;
        if (hasWindow && (frame[ZSTD_WINDOW] & 0xff) > ZSTD_WINDOW_8_MIB) {
            frame[ZSTD_WINDOW] = ZSTD_WINDOW_8_MIB;
        }
    }

    private static long declaredLength(ImageBytes compressed) {
        return compressed.u32(compressed.length() - LENGTH_BYTES, "the length at the end of the compressed data");
    }

    private static KernelImageException tooLarge() {
        return new KernelImageException(
                "kernel: it expands to more than " + (MAX_EXPANDED_BYTES >> 20) + " MiB, which no guest kernel does");
    }
}
