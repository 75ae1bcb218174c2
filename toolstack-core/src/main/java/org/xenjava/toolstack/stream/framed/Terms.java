// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;

/**
 * Version and features of the protocol, as {@link FrameType#ANSWER} and {@link FrameType#START} carry them.
 *
 * @param version of the protocol; 0 if the receiver has no version in common with the sender
 * @param features the bits of the features; unknown bits mean nothing
 */
public record Terms(int version, int features) {
    /** The version of this library. */
    public static final int VERSION = 1;

    /** The feature of pages that are compressed with zstd. */
    public static final int ZSTD = 1;

    /** The feature of a migration that goes on over a further link after the first one was lost. */
    public static final int RESUME = 2;

    /** The feature of further links that carry pages beside the first one; needs {@link #RESUME}. */
    public static final int PARALLEL = 4;

    /**
     * The feature of disks that the QEMU of a PVH guest serves: the sender's QEMU has given them up before the last record, and
     * the receiver's opens them once the sender has given its permission.
     */
    public static final int QEMU_DISKS = 8;

    /** All features of this library. */
    public static final int ALL_FEATURES = ZSTD | RESUME | PARALLEL | QEMU_DISKS;

    /** The features of a receiver that no further link reaches. */
    static final int FEATURES_OF_ONE_LINK = ZSTD | QEMU_DISKS;

    /** Length of the frame of an answer in bytes. */
    public static final int ANSWER_BYTES = Frame.HEADER_BYTES + 2 * Integer.BYTES;

    static final int BYTES = 2 * Integer.BYTES;

    /** {@return the body of a frame} */
    ByteBuffer body() {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(version)
                .putInt(features)
                .flip();
    }

    /**
     * Reads the answer to an offer.
     *
     * @param reader the reader of the receiver's frames
     * @param channel a blocking channel
     * @return the answer
     * @throws org.xenjava.toolstack.error.SaveStreamException if the frame is damaged or another one
     * @throws IOException if the channel fails
     */
    public static Terms answer(FrameReader reader, ReadableByteChannel channel) throws IOException {
        Frame frame = reader.next(channel);
        if (frame.type() != FrameType.ANSWER) {
            throw reader.wrong("a frame " + frame.type() + " instead of an answer");
        }
        return read(frame, reader);
    }

    /** Reads the body of a frame. */
    static Terms read(Frame frame, FrameReader reader) {
        if (frame.body().remaining() != BYTES) {
            throw reader.wrong(frame.body().remaining() + " bytes instead of " + BYTES);
        }
        return new Terms(frame.body().getInt(0), frame.body().getInt(Integer.BYTES));
    }

    /**
     * {@return whether a feature is among them}
     *
     * @param feature the bit of the feature
     */
    public boolean has(int feature) {
        return (features & feature) != 0;
    }
}
