// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import org.xenjava.toolstack.error.SaveStreamException;

/** Reads exactly the bytes that are asked for from a channel, and counts them. Bytes behind them stay in the channel. */
final class ByteSource {
    /** Memory is taken in such parts, so that a wrong length costs no more memory than the stream has bytes. */
    private static final int PART = 1 << 20;

    private final ReadableByteChannel channel;
    private long offset;
    private String reading = "the stream";

    ByteSource(ReadableByteChannel channel) {
        this.channel = channel;
    }

    /** Position of the next byte. */
    long offset() {
        return offset;
    }

    /** Names what is read next, for messages. */
    void reading(String what) {
        reading = what;
    }

    /** The exception for wrong content. */
    SaveStreamException wrong(String what) {
        return new SaveStreamException("byte " + offset + ": " + reading + ": " + what);
    }

    /** Fills the rest of a buffer. */
    void fill(ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            int read = channel.read(into);
            if (read < 0) {
                throw wrong("the stream ends here");
            }
            offset += read;
        }
    }

    /** The next bytes, in little-endian order. */
    ByteBuffer read(long length) throws IOException {
        ByteBuffer bytes = allocate((int) Math.min(length, PART));
        fill(bytes);
        while (bytes.capacity() < length) {
            ByteBuffer larger = allocate((int) Math.min(length, bytes.capacity() * 2L));
            fill(larger.put(bytes.flip()));
            bytes = larger;
        }
        return bytes.flip();
    }

    private static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    void skip(long length) throws IOException {
        ByteBuffer discarded = ByteBuffer.allocate((int) Math.min(length, PART));
        for (long rest = length; rest > 0; rest -= discarded.limit()) {
            fill(discarded.clear().limit((int) Math.min(rest, PART)));
        }
    }

    /** Skips the padding behind a body. */
    void skipPadding(long length) throws IOException {
        ByteBuffer padding = read(StreamFormat.padding(length));
        while (padding.hasRemaining()) {
            if (padding.get() != 0) {
                throw wrong("the padding is not zero");
            }
        }
    }
}
