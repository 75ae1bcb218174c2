// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import org.xenjava.toolstack.error.KernelImageException;

/**
 * A little-endian view of a part of a file, in which no read goes astray: whatever lies outside is a {@link
 * KernelImageException} that says what was looked for.
 */
final class ImageBytes {
    private static final int SHOWN_BYTES = 8;

    private final String subject;
    private final byte[] array;
    private final int start;
    private final int length;
    private final ByteBuffer buffer;

    /** @param subject what complaints begin with, such as {@code kernel} */
    ImageBytes(String subject, byte[] array) {
        this(subject, array, 0, array.length);
    }

    private ImageBytes(String subject, byte[] array, int start, int length) {
        this.subject = subject;
        this.array = array;
        this.start = start;
        this.length = length;
        this.buffer = ByteBuffer.wrap(array, start, length).slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** These bytes, got out of the same file. */
    ImageBytes expanded(byte[] content) {
        return new ImageBytes(subject, content);
    }

    /** To be thrown: the file cannot be used, and why. */
    KernelImageException refused(String why) {
        return new KernelImageException(subject + ": " + why);
    }

    int length() {
        return length;
    }

    int u8(long offset, String what) {
        return buffer.get(require(offset, Byte.BYTES, what)) & 0xff;
    }

    int u16(long offset, String what) {
        return buffer.getShort(require(offset, Short.BYTES, what)) & 0xffff;
    }

    long u32(long offset, String what) {
        return buffer.getInt(require(offset, Integer.BYTES, what)) & 0xffff_ffffL;
    }

    /** A u64; what is 2^63 or more comes out negative. */
    long u64(long offset, String what) {
        return buffer.getLong(require(offset, Long.BYTES, what));
    }

    /** The part from {@code offset} on; both numbers are unsigned. */
    ImageBytes part(long offset, long bytes, String what) {
        int at = require(offset, bytes, what);
        return new ImageBytes(subject, array, start + at, (int) bytes);
    }

    boolean startsWith(byte[] magic) {
        return hasAt(0, magic);
    }

    boolean hasAt(int offset, byte[] magic) {
        return length - offset >= magic.length
                && Arrays.equals(array, start + offset, start + offset + magic.length, magic, 0, magic.length);
    }

    /** The first bytes in hexadecimal, for messages. */
    String beginning() {
        return HexFormat.ofDelimiter(" ").formatHex(array, start, start + Math.min(length, SHOWN_BYTES));
    }

    InputStream stream() {
        return new ByteArrayInputStream(array, start, length);
    }

    byte[] copy(int offset, int bytes) {
        return Arrays.copyOfRange(array, start + offset, start + offset + bytes);
    }

    /** The array behind the view. Shared, not to be changed. */
    byte[] array() {
        return array;
    }

    /** Where in {@link #array} the view begins. */
    int arrayOffset() {
        return start;
    }

    private int require(long offset, long bytes, String what) {
        if (offset < 0 || bytes < 0 || offset > length || bytes > length - offset) {
            throw refused(what + " lies outside of the file: "
                    + Long.toUnsignedString(bytes) + " bytes at offset " + Long.toUnsignedString(offset) + " of "
                    + length + "; the file is cut off or damaged");
        }
        return (int) offset;
    }
}
