// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.MemoryLimitException;
import org.tukaani.xz.SingleXZInputStream;
import org.tukaani.xz.X86Options;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.KernelUnpacker.Scratch;
import org.xenjava.toolstack.image.xz.XzBlock;

/**
 * The formats in which Linux's build compresses the kernel inside a bzImage. The last four bytes of the payload are the
 * length of its content: a part of the gzip format, which Linux's build appends to the other formats.
 *
 * <p>Only a small piece of the content is on the heap. Kernels are compressed with dictionaries of up to 128 MiB, so
 * the decoders of xz and zstd read back that much of their output. They write directly to the place of the content and
 * read back there.
 */
enum Compression {
    GZIP("1f8b"),
    XZ("fd377a585a00"),
    ZSTD("28b52ffd"),
    BZIP2("425a68"),
    LZMA("5d0000"),
    LZO("894c5a4f"),
    LZ4("02214c18");

    /** The supported formats, for the message about another one. */
    static final String SUPPORTED = "gzip, xz and zstd";

    private static final int LENGTH_BYTES = Integer.BYTES;
    private static final int PIECE_BYTES = 64 << 10;

    /** The largest ratio that gzip can reach. A larger declared length is refused before memory is allocated. */
    private static final int MAX_ZSTD_RATIO = 1024;

    /** The dictionary of kernels since Linux 6.12: 128 MiB. */
    private static final long XZ_MEMORY_LIMIT_BYTES = 192 << 20;

    private static final int ZSTD_DESCRIPTOR = 4;
    private static final int ZSTD_SINGLE_SEGMENT = 0x20;
    private static final int ZSTD_WINDOW = 5;
    /** A window of 8 MiB: exponent 13 over 1 KiB in the upper five bits. */
    private static final int ZSTD_WINDOW_8_MIB = 13 << 3;

    private final byte[] magic;

    Compression(String magic) {
        this.magic = HexFormat.of().parseHex(magic);
    }

    /** Recognises the format by its first bytes. */
    static Optional<Compression> of(ImageBytes bytes) {
        return Arrays.stream(values()).filter(c -> bytes.startsWith(c.magic)).findFirst();
    }

    /** The name of the format, as the tools spell it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Unpacks the content. Bytes behind the end of the compressed data are ignored.
     *
     * @param limit the largest number of unpacked bytes
     * @param into an empty place for the content
     * @param room creates an empty place for temporary data
     * @throws KernelImageException if the format is not supported, the data are damaged or exceed the limit, or the
     *     heap is too small for the decoder
     */
    void expand(ImageBytes compressed, long limit, Scratch into, Supplier<? extends Scratch> room) {
        try {
            switch (this) {
                case GZIP ->
                    copy(new GZIPInputStream(compressed.stream(), PIECE_BYTES), compressed, limit, into.output());
                case XZ -> expandXz(compressed, limit, into, room);
                case ZSTD -> expandZstd(compressed, limit, into, room);
                case BZIP2, LZMA, LZO, LZ4 ->
                    throw compressed.refused("compressed with " + word() + "; supported are " + SUPPORTED
                            + ": give a kernel compressed with one of these, or a vmlinux");
            }
        } catch (KernelImageException e) {
            throw e;
        } catch (OutOfMemoryError e) {
            throw compressed.refused("the heap of this JVM is too small to unpack its " + word()
                    + " data: raise -Xmx, or give a vmlinux, which is not unpacked");
        } catch (IOException | RuntimeException e) {
            // The decoders throw many kinds of exceptions for bad input, unchecked ones too.
            throw compressed.refused("its " + word() + " data are cut off or damaged (" + e + ")", e);
        }
    }

    /** Copies content that is not compressed. */
    static void copy(ImageBytes content, long limit, OutputStream output) {
        try {
            copy(content.stream(), content, limit, output);
        } catch (IOException e) {
            throw content.refused("it cannot be copied: " + e.getMessage(), e);
        }
    }

    private static void copy(InputStream content, ImageBytes compressed, long limit, OutputStream output)
            throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        long total = 0;
        for (int length = content.read(piece); length >= 0; length = content.read(piece)) {
            total += length;
            requireWithin(limit, total, compressed);
            output.write(piece, 0, length);
        }
    }

    private static void expandXz(ImageBytes compressed, long limit, Scratch into, Supplier<? extends Scratch> room)
            throws IOException {
        Optional<XzBlock> block = XzBlock.of(compressed::copy, compressed.length() - LENGTH_BYTES);
        if (block.isPresent()) {
            expandXzBlock(compressed, block.get(), limit, into, room);
        } else {
            expandAnyXz(compressed, limit, into.output());
        }
    }

    private static void expandXzBlock(
            ImageBytes compressed, XzBlock block, long limit, Scratch into, Supplier<? extends Scratch> room)
            throws IOException {
        requireWithin(limit, block.contentBytes(), compressed);
        int bytes = (int) block.contentBytes();
        InputStream data =
                compressed.part(block.dataOffset(), compressed.length() - block.dataOffset(), "the xz data").stream();
        CRC32 crc = new CRC32();
        if (block.isX86()) {
            try (Scratch filtered = room.get()) {
                ByteBuffer output = filtered.room(bytes);
                block.decode(data, output);
                InputStream content = new X86Options().getInputStream(new BufferInput(output.flip()));
                copy(new CheckedInputStream(content, crc), compressed, limit, into.output());
            }
        } else {
            ByteBuffer output = into.room(bytes);
            block.decode(data, output);
            crc.update(output.flip());
        }
        if (block.crc32().isPresent() && block.crc32().getAsInt() != (int) crc.getValue()) {
            throw new IOException("the checksum is that of other content");
        }
    }

    /** Unpacks streams of other programs than Linux's build. The dictionary is on the heap. */
    private static void expandAnyXz(ImageBytes compressed, long limit, OutputStream output) throws IOException {
        long memoryLimit = Math.min(XZ_MEMORY_LIMIT_BYTES, usableHeap());
        try {
            InputStream content = new SingleXZInputStream(compressed.stream(), (int) (memoryLimit >> 10));
            copy(content, compressed, limit, output);
        } catch (MemoryLimitException e) {
            throw tooLittleHeap(compressed, "xz", (long) e.getMemoryNeeded() << 10);
        }
    }

    /** The bytes of a buffer. */
    private static final class BufferInput extends InputStream {
        private final ByteBuffer bytes;

        private BufferInput(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            return bytes.hasRemaining() ? bytes.get() & 0xff : -1;
        }

        @Override
        public int read(byte[] into, int offset, int count) {
            int part = Math.min(count, bytes.remaining());
            bytes.get(into, offset, part);
            return part == 0 && count > 0 ? -1 : part;
        }
    }

    private static void expandZstd(ImageBytes compressed, long limit, Scratch into, Supplier<? extends Scratch> room)
            throws IOException {
        long declared = declaredLength(compressed);
        requireWithin(limit, declared, compressed);
        if (declared > MAX_ZSTD_RATIO * compressed.length()) {
            throw compressed.refused(compressed.length() + " bytes of zstd data claim to expand to " + declared
                    + "; the file is damaged");
        }
        try (Scratch packed = room.get()) {
            ByteBuffer frame = packed.room((int) (compressed.length() - LENGTH_BYTES));
            fill(frame, compressed.stream());
            narrowWindow(frame.flip());
            ByteBuffer content = into.room((int) declared);
            new ZstdDecompressor().decompress(frame, content);
            if (content.hasRemaining()) {
                throw new IOException("the content is shorter than the length at its end says");
            }
        }
    }

    private static void fill(ByteBuffer buffer, InputStream content) throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        while (buffer.hasRemaining()) {
            int length = content.readNBytes(piece, 0, Math.min(piece.length, buffer.remaining()));
            buffer.put(piece, 0, length);
        }
    }

    /** A quarter of the heap stays for the rest of the program. */
    private static long usableHeap() {
        return Runtime.getRuntime().maxMemory() / 4 * 3;
    }

    /**
     * Changes the frame's header to a window of 8 MiB. The decoder refuses larger windows, and Linux's build uses 128
     * MiB. The decoder needs no window, because it writes to one buffer and can read back every byte.
     */
    private static void narrowWindow(ByteBuffer frame) {
        boolean hasWindow = frame.limit() > ZSTD_WINDOW && (frame.get(ZSTD_DESCRIPTOR) & ZSTD_SINGLE_SEGMENT) == 0;
        if (hasWindow && (frame.get(ZSTD_WINDOW) & 0xff) > ZSTD_WINDOW_8_MIB) {
            frame.put(ZSTD_WINDOW, (byte) ZSTD_WINDOW_8_MIB);
        }
    }

    private static long declaredLength(ImageBytes compressed) {
        return compressed.u32(compressed.length() - LENGTH_BYTES, "the length at the end of the compressed data");
    }

    private static void requireWithin(long limit, long bytes, ImageBytes compressed) {
        if (bytes > limit) {
            throw KernelUnpacker.tooLarge(compressed.subject(), limit);
        }
    }

    private static KernelImageException tooLittleHeap(ImageBytes compressed, String format, long needed) {
        return compressed.refused("unpacking its " + format + " data takes " + RamBounds.mebibytes(needed)
                + " of the heap, of which this JVM may use " + RamBounds.mebibytes(usableHeap())
                + " for it: raise -Xmx, or give a vmlinux, which is not unpacked");
    }
}
