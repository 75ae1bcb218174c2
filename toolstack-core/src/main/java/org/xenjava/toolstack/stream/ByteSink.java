// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/** Writes whole buffers to a channel and counts the bytes. */
final class ByteSink {
    private final WritableByteChannel channel;
    private long offset;

    ByteSink(WritableByteChannel channel) {
        this.channel = channel;
    }

    long offset() {
        return offset;
    }

    static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            offset += channel.write(bytes);
        }
    }

    /** Writes a record: header, body, and zeroes up to a multiple of 8 bytes. */
    void record(int type, ByteBuffer body) throws IOException {
        int length = body.remaining();
        int padding = StreamFormat.padding(length);
        ByteBuffer record = buffer(StreamFormat.RECORD_HEADER_BYTES + length + padding);
        write(record.putInt(type).putInt(length).put(body).clear());
    }
}
