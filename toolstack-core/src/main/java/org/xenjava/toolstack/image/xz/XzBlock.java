// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.xz;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32;

/**
 * The only block of an xz stream that Linux's build makes: LZMA2, with or without the filter for x86 code, with or
 * without a CRC32 of the content.
 *
 * @param contentBytes length of the unpacked content
 * @param dataOffset offset of the LZMA2 data in the stream
 * @param isX86 whether the caller must apply the filter for x86 code to the decoded data
 * @param crc32 checksum of the content
 */
public record XzBlock(long contentBytes, long dataOffset, boolean isX86, OptionalInt crc32) {
    private static final int HEADER_BYTES = 12;
    private static final int FOOTER_BYTES = 12;
    private static final int CRC_BYTES = 4;
    /** The largest index of one block. */
    private static final int MAX_INDEX_BYTES = 32;

    private static final int MAX_BLOCK_HEADER_BYTES = 1024;
    private static final int NO_CHECK = 0;
    private static final int CHECK_CRC32 = 1;
    private static final int FILTER_X86 = 4;
    private static final int FILTER_LZMA2 = 0x21;
    private static final int FILTER_COUNT = 3;
    private static final int RESERVED_FLAGS = 0x3c;
    private static final int HAS_COMPRESSED_SIZE = 0x40;
    private static final int HAS_CONTENT_SIZE = 0x80;

    /** Access to the bytes of a stream. */
    @FunctionalInterface
    public interface Source {
        /** Copies bytes of the stream. */
        byte[] bytes(long offset, int count);
    }

    /**
     * Reads header, index and footer of a stream.
     *
     * @param length length of the stream, footer included
     * @return the block; empty if the stream has another form or is damaged
     */
    public static Optional<XzBlock> of(Source stream, long length) {
        if (length < HEADER_BYTES + FOOTER_BYTES + MAX_INDEX_BYTES) {
            return Optional.empty();
        }
        ByteBuffer header = littleEndian(stream.bytes(0, HEADER_BYTES));
        ByteBuffer footer = littleEndian(stream.bytes(length - FOOTER_BYTES, FOOTER_BYTES));
        long indexBytes = (footer.getInt(CRC_BYTES) + 1L) * CRC_BYTES;
        int check = header.get(7);
        boolean known = header.get(6) == 0
                && (check == NO_CHECK || check == CHECK_CRC32)
                && footer.getShort(8) == header.getShort(6)
                && footer.getShort(10) == ('Z' << Byte.SIZE | 'Y')
                && footer.getInt(0) == crc(footer.array(), CRC_BYTES, 6);
        if (!known || indexBytes < 2 * CRC_BYTES || indexBytes > MAX_INDEX_BYTES) {
            return Optional.empty();
        }
        Numbers index = new Numbers(stream.bytes(length - FOOTER_BYTES - indexBytes, (int) indexBytes));
        if (!index.isIntact() || index.next() != 0 || index.next() != 1) {
            return Optional.empty();
        }
        long blockBytes = index.next();
        long contentBytes = index.next();
        int checkBytes = check == NO_CHECK ? 0 : CRC_BYTES;
        if (blockBytes < 2 * CRC_BYTES + checkBytes
                || blockBytes > length - HEADER_BYTES - FOOTER_BYTES - indexBytes
                || contentBytes < 0) {
            return Optional.empty();
        }
        // The check is aligned to four bytes; the padding in front of it is not counted.
        long checkOffset = HEADER_BYTES + (blockBytes - checkBytes + CRC_BYTES - 1) / CRC_BYTES * CRC_BYTES;
        OptionalInt crc = checkBytes == 0
                ? OptionalInt.empty()
                : OptionalInt.of(
                        littleEndian(stream.bytes(checkOffset, CRC_BYTES)).getInt());
        return of(stream, blockBytes, contentBytes, crc);
    }

    private static Optional<XzBlock> of(Source stream, long blockBytes, long contentBytes, OptionalInt crc) {
        int headerBytes = ((stream.bytes(HEADER_BYTES, 1)[0] & 0xff) + 1) * CRC_BYTES;
        if (headerBytes > Math.min(blockBytes, MAX_BLOCK_HEADER_BYTES)) {
            return Optional.empty();
        }
        Numbers header = new Numbers(stream.bytes(HEADER_BYTES, headerBytes));
        if (!header.isIntact()) {
            return Optional.empty();
        }
        header.skip(1);
        int flags = header.octet();
        header.skipNumberIf((flags & HAS_COMPRESSED_SIZE) != 0);
        header.skipNumberIf((flags & HAS_CONTENT_SIZE) != 0);
        int filters = (flags & FILTER_COUNT) + 1;
        boolean isX86 = filters == 2 && header.next() == FILTER_X86 && header.next() == 0;
        boolean isLzma2 = (filters == 1 || isX86) && header.next() == FILTER_LZMA2 && header.next() == 1;
        return isLzma2 && (flags & RESERVED_FLAGS) == 0
                ? Optional.of(new XzBlock(contentBytes, HEADER_BYTES + headerBytes, isX86, crc))
                : Optional.empty();
    }

    /**
     * Decodes the LZMA2 data.
     *
     * @param data the stream from {@link #dataOffset} on
     * @param output a buffer of {@link #contentBytes} bytes
     * @throws IOException if the data are damaged, or a read fails
     */
    public void decode(InputStream data, ByteBuffer output) throws IOException {
        Lzma2.decode(new DataInputStream(data), output);
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int crc(byte[] bytes, int offset, int count) {
        CRC32 crc = new CRC32();
        crc.update(bytes, offset, count);
        return (int) crc.getValue();
    }

    /** Reads numbers of 7 bits for each byte, followed by a CRC32. Bytes behind the end are read as zeros. */
    private static final class Numbers {
        private final byte[] bytes;
        private int at;

        private Numbers(byte[] bytes) {
            this.bytes = bytes;
        }

        private boolean isIntact() {
            int end = bytes.length - CRC_BYTES;
            return littleEndian(bytes).getInt(end) == crc(bytes, 0, end);
        }

        private int octet() {
            return at < bytes.length - CRC_BYTES ? bytes[at++] & 0xff : 0;
        }

        private void skip(int count) {
            at += count;
        }

        private void skipNumberIf(boolean isThere) {
            if (isThere) {
                next();
            }
        }

        private long next() {
            long number = 0;
            for (int shift = 0; shift < Long.SIZE - 1; shift += 7) {
                int octet = octet();
                number |= (octet & 0x7fL) << shift;
                if (octet < 0x80) {
                    return number;
                }
            }
            return number;
        }
    }
}
