// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.io.BufferedInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.error.KernelImageException;

/**
 * A little-endian view of a part of an {@link ImageContent}. A read outside the part throws a
 * {@link KernelImageException} that names the file and the missing item. Reads use a window of {@value #WINDOW_BYTES}
 * bytes, so a large file takes no more of the heap than a small one. The view is valid until its reader is closed.
 */
final class ImageBytes {
    private static final int WINDOW_BYTES = 4096;
    private static final int STREAM_BYTES = 1 << 16;
    private static final int SHOWN_BYTES = 8;

    private final String subject;
    private final Window window;
    private final long start;
    private final long length;

    private ImageBytes(String subject, Window window, long start, long length) {
        this.subject = subject;
        this.window = window;
        this.start = start;
        this.length = length;
    }

    /** A view of the whole content. */
    static ImageBytes of(ImageContent content, ImageReader reader) {
        return new ImageBytes(content.name(), new Window(reader, content.length()), 0, content.length());
    }

    /** The bytes around the last read. */
    private static final class Window {
        private final ImageReader reader;
        private final long contentBytes;
        private final ByteBuffer bytes =
                ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
        private long start;

        private Window(ImageReader reader, long contentBytes) {
            this.reader = reader;
            this.contentBytes = contentBytes;
        }

        /** Moves the window to the given bytes and returns their position in {@link #bytes}. */
        private int at(long offset, int count) {
            if (offset < start || offset + count > start + bytes.limit()) {
                bytes.clear().limit((int) Math.min(WINDOW_BYTES, contentBytes - offset));
                reader.read(offset, bytes);
                bytes.flip();
                start = offset;
            }
            return (int) (offset - start);
        }
    }

    /** The name of the file in messages. */
    String subject() {
        return subject;
    }

    /** The exception for a file that cannot be used. */
    KernelImageException refused(String why) {
        return refused(why, null);
    }

    KernelImageException refused(String why, @Nullable Throwable cause) {
        return new KernelImageException(subject + ": " + why, cause);
    }

    long length() {
        return length;
    }

    int u8(long offset, String what) {
        return window.bytes.get(require(offset, Byte.BYTES, what)) & 0xff;
    }

    int u16(long offset, String what) {
        return window.bytes.getShort(require(offset, Short.BYTES, what)) & 0xffff;
    }

    long u32(long offset, String what) {
        return window.bytes.getInt(require(offset, Integer.BYTES, what)) & 0xffff_ffffL;
    }

    /** A u64; a value of 2^63 or more is returned as a negative number. */
    long u64(long offset, String what) {
        return window.bytes.getLong(require(offset, Long.BYTES, what));
    }

    /** Whether the bytes are inside the view; both numbers are unsigned. */
    boolean has(long offset, long bytes) {
        return offset >= 0 && bytes >= 0 && offset <= length && bytes <= length - offset;
    }

    /** A view of a part of this view; both numbers are unsigned. */
    ImageBytes part(long offset, long bytes, String what) {
        requireInside(offset, bytes, what);
        return new ImageBytes(subject, window, start + offset, bytes);
    }

    /** The offset of the view in the whole content. */
    long offset() {
        return start;
    }

    boolean startsWith(byte[] magic) {
        return hasAt(0, magic);
    }

    boolean hasAt(long offset, byte[] magic) {
        return has(offset, magic.length) && Arrays.equals(copy(offset, magic.length), magic);
    }

    /** The first bytes in hexadecimal, for messages. */
    String beginning() {
        return HexFormat.ofDelimiter(" ").formatHex(copy(0, (int) Math.min(length, SHOWN_BYTES)));
    }

    InputStream stream() {
        return new BufferedInputStream(
                new InputStream() {
                    private long at;

                    @Override
                    public int read() {
                        return at == length ? -1 : u8(at++, "a byte");
                    }

                    @Override
                    public int read(byte[] into, int offset, int count) {
                        int part = (int) Math.min(count, length - at);
                        if (part == 0) {
                            return count == 0 ? 0 : -1;
                        }
                        window.reader.read(start + at, ByteBuffer.wrap(into, offset, part));
                        at += part;
                        return part;
                    }
                },
                STREAM_BYTES);
    }

    /** Copies bytes of the view. */
    byte[] copy(long offset, int bytes) {
        byte[] copy = new byte[bytes];
        if (bytes > 0 && bytes <= Integer.BYTES * 2) {
            window.bytes.get(window.at(start + offset, bytes), copy);
        } else {
            window.reader.read(start + offset, ByteBuffer.wrap(copy));
        }
        return copy;
    }

    /** Returns the position of the bytes in the window. */
    private int require(long offset, int bytes, String what) {
        requireInside(offset, bytes, what);
        return window.at(start + offset, bytes);
    }

    private void requireInside(long offset, long bytes, String what) {
        if (!has(offset, bytes)) {
            throw refused(what + " lies outside of the file: "
                    + Long.toUnsignedString(bytes) + " bytes at offset " + Long.toUnsignedString(offset) + " of "
                    + length + "; the file is cut off or damaged");
        }
    }
}
