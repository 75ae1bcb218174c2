// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** Writes the frames of one direction and numbers them. */
public final class FrameWriter {
    private final WritableByteChannel channel;
    private final CRC32C checksum = new CRC32C();
    private long number;

    /**
     * Writes to a channel.
     *
     * @param channel a blocking channel; the caller closes it
     */
    public FrameWriter(WritableByteChannel channel) {
        this.channel = channel;
    }

    /**
     * Writes a frame without flags.
     *
     * @param type of the frame
     * @param body of the frame
     * @throws IOException if the channel fails
     */
    public void write(FrameType type, ByteBuffer body) throws IOException {
        ByteBuffer frame = Frame.buffer(body.remaining());
        write(type, 0, frame.put(body));
    }

    /**
     * Writes a frame with a text as its body.
     *
     * @param type of the frame
     * @param text is cut to the length that the type allows; characters beyond ASCII become question marks
     * @throws IOException if the channel fails
     */
    public void write(FrameType type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        write(type, ByteBuffer.wrap(bytes, 0, Math.min(bytes.length, type.longest())));
    }

    /** {@return the number of the next frame} */
    public long number() {
        return number;
    }

    /**
     * Goes on with another number, on a new link.
     *
     * @param next the number of the next frame
     */
    public void resumeAt(long next) {
        number = next;
    }

    /** Writes a buffer of {@link Frame#buffer} whose body ends at its position. The header is filled in. */
    void write(FrameType type, int flags, ByteBuffer frame) throws IOException {
        int length = frame.flip().limit() - Frame.HEADER_BYTES;
        if (length > type.longest()) {
            throw new IllegalArgumentException(length + " bytes in a frame " + type);
        }
        frame.put(0, (byte) type.number())
                .put(1, (byte) flags)
                .putShort(2, (short) 0)
                .putInt(Integer.BYTES, length)
                .putLong(Long.BYTES, number)
                .putInt(Frame.BODY_CHECKSUM, checksum(frame, Frame.HEADER_BYTES, length));
        frame.putInt(Frame.HEADER_CHECKSUM, checksum(frame, 0, Frame.HEADER_CHECKSUM));
        number++;
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
    }

    private int checksum(ByteBuffer frame, int offset, int length) {
        checksum.reset();
        checksum.update(frame.slice(offset, length));
        return (int) checksum.getValue();
    }
}
