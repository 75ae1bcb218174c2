// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.util.zip.CRC32C;
import org.xenjava.toolstack.error.SaveStreamException;

/**
 * Reads the frames of one direction and checks their numbers, lengths and checksums. The reader takes no byte behind a
 * frame from the channel. The longest frame of pages needs 4 MiB of memory; a longer body costs no more memory than the
 * channel has bytes.
 */
public final class FrameReader {
    /** Memory is taken in such parts. */
    private static final int PART = 1 << 20;

    /** A larger buffer is not kept. */
    private static final int KEPT = FrameType.PAGES.longest();

    /** Whether other links bring frames of the same direction, so that numbers are missing on this one. */
    private final boolean shared;

    private final int longest;
    private final CRC32C checksum = new CRC32C();
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private long number;
    private boolean broken;

    /** Reads all frames of a direction. */
    public FrameReader() {
        this(false, Integer.MAX_VALUE, 0);
    }

    private FrameReader(boolean shared, int longest, long number) {
        this.shared = shared;
        this.longest = longest;
        this.number = number;
    }

    /**
     * A reader of one of several links that bring the frames of a direction together: numbers rise, and may be missing.
     *
     * @param longest the length of the longest body
     * @param first the lowest number
     */
    static FrameReader ofShare(int longest, long first) {
        return new FrameReader(true, longest, first);
    }

    /**
     * Reads the next frame.
     *
     * @param channel a blocking channel
     * @return the frame
     * @throws SaveStreamException if the frame is damaged, missing, or longer than its type allows
     * @throws IOException if the channel fails
     */
    public Frame next(ReadableByteChannel channel) throws IOException {
        broken = false;
        ByteBuffer header = ByteBuffer.allocate(Frame.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        fill(channel, header);
        return next(channel, header);
    }

    /** Reads the rest of a frame of which the caller has read the first bytes of the header. */
    Frame next(ReadableByteChannel channel, byte[] first) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Frame.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        fill(channel, header.put(first));
        return next(channel, header);
    }

    private Frame next(ReadableByteChannel channel, ByteBuffer header) throws IOException {
        header.flip();
        if (checksum(header.slice(0, Frame.HEADER_CHECKSUM)) != header.getInt(Frame.HEADER_CHECKSUM)) {
            throw damaged("the checksum of the header is wrong");
        }
        int code = Byte.toUnsignedInt(header.get(0));
        FrameType type = FrameType.of(code).orElseThrow(() -> wrong("type " + code + " is not defined"));
        int flags = Byte.toUnsignedInt(header.get(1));
        if (flags != 0 && type != FrameType.PAGES) {
            throw wrong("a frame " + type + " must have no flags");
        }
        if (header.getShort(2) != 0) {
            throw wrong("the reserved field is not zero");
        }
        long length = Integer.toUnsignedLong(header.getInt(Integer.BYTES));
        if (length > Math.min(longest, type.longest())) {
            throw wrong(length + " bytes are more than a frame " + type + " may have");
        }
        long found = header.getLong(Long.BYTES);
        if (shared ? found < number : found != number) {
            throw wrong("the frame has number " + Long.toUnsignedString(found));
        }
        ByteBuffer body = body(channel, (int) length);
        if (checksum(body.duplicate()) != header.getInt(Frame.BODY_CHECKSUM)) {
            throw damaged("the checksum of " + length + " bytes of " + type + " is wrong");
        }
        number = found + 1;
        return new Frame(type, flags, body);
    }

    private ByteBuffer body(ReadableByteChannel channel, int length) throws IOException {
        ByteBuffer bytes = buffer.capacity() > 0 ? buffer : allocate(Math.min(length, PART));
        fill(channel, bytes.clear().limit(Math.min(length, bytes.capacity())));
        while (bytes.position() < length) {
            ByteBuffer larger = allocate((int) Math.min(length, bytes.capacity() * 2L));
            larger.put(bytes.flip());
            bytes = larger;
            fill(channel, bytes);
        }
        if (bytes.capacity() <= KEPT) {
            buffer = bytes;
        }
        return bytes.flip().slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocate(bytes);
    }

    private void fill(ReadableByteChannel channel, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) {
                throw damaged("the link ends here");
            }
        }
    }

    /** {@return the number of the next frame: all frames before it were read} */
    public long number() {
        return number;
    }

    /** Goes on with a frame after others were read elsewhere. */
    void resumeAt(long next) {
        number = next;
    }

    /** {@return whether the link has cut off or damaged a frame, which another link may bring} */
    public boolean isBroken() {
        return broken;
    }

    private SaveStreamException damaged(String what) {
        broken = true;
        return wrong(what);
    }

    private int checksum(ByteBuffer bytes) {
        checksum.reset();
        checksum.update(bytes);
        return (int) checksum.getValue();
    }

    /** The exception for wrong content of the frame that was read last, or is read now. */
    SaveStreamException wrong(String what) {
        return new SaveStreamException("frame " + number + " of the migration: " + what);
    }
}
