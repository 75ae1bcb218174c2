// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The body of the first frame of a further link.
 *
 * @param attempt number of the sender's attempt to connect again, from 1; 0 beside the first link. The receiver refuses a
 *     link that replaces others and has no higher number than one that has arrived
 * @param beside 0 for a link that replaces the ones before; or the number of a link that carries pages beside the one of the
 *     same attempt, from 1 to {@link #MOST_BESIDE}
 * @param next number of the next frame that the sender expects from the receiver
 */
public record Join(int attempt, int beside, long next) {
    /** The largest number of links that carry pages beside another one. */
    public static final int MOST_BESIDE = 15;

    static final int BYTES = 2 * Integer.BYTES + Long.BYTES;

    /**
     * A link that replaces the ones before.
     *
     * @param attempt number of the sender's attempt to connect again
     * @param next number of the next frame that the sender expects from the receiver
     */
    public Join(int attempt, long next) {
        this(attempt, 0, next);
    }

    /** {@return the body of the frame} */
    public ByteBuffer body() {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(attempt)
                .putInt(beside)
                .putLong(next)
                .flip();
    }

    /**
     * Reads the body.
     *
     * @param frame of the sender
     * @param reader the reader of the frame
     * @return what the frame says
     * @throws org.xenjava.toolstack.error.SaveStreamException if it is another frame, or its body is wrong
     */
    public static Join read(Frame frame, FrameReader reader) {
        ByteBuffer body = frame.body();
        if (frame.type() != FrameType.JOIN || body.remaining() != BYTES) {
            throw reader.wrong("a frame " + frame.type() + " does not continue a migration");
        }
        int beside = body.getInt(Integer.BYTES);
        if (beside < 0 || beside > MOST_BESIDE) {
            throw reader.wrong(Integer.toUnsignedString(beside) + " is no number of a link");
        }
        return new Join(body.getInt(0), beside, body.getLong(2 * Integer.BYTES));
    }

    /**
     * {@return the body of the receiver's answer}
     *
     * @param next number of the next frame that the receiver expects
     */
    public static ByteBuffer joined(long next) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(next)
                .flip();
    }

    /**
     * {@return the number of the next frame that the receiver expects}
     *
     * @param frame the receiver's answer
     * @param reader the reader of the frame
     * @throws org.xenjava.toolstack.error.SaveStreamException if it is another frame, or its body is wrong
     */
    public static long joined(Frame frame, FrameReader reader) {
        if (frame.type() != FrameType.JOINED || frame.body().remaining() != Long.BYTES) {
            throw reader.wrong("a frame " + frame.type() + " does not continue a migration");
        }
        return frame.body().getLong(0);
    }
}
