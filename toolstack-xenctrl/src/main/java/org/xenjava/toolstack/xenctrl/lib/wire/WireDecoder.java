// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/** Cuts a stream of bytes into messages. Holds at most one incomplete message. Not safe to use from many threads. */
public final class WireDecoder {
    private final ByteBuffer header =
            ByteBuffer.allocate(WireMessage.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private ByteBuffer payload = ByteBuffer.allocate(0);

    /** Starts at the beginning of a message. */
    public WireDecoder() {}

    /**
     * Takes bytes, and passes on each message that they complete.
     *
     * @param bytes any part of the stream; read to the end
     * @param messages receives the messages
     * @throws IOException if a header announces more bytes than a message may have
     */
    public void feed(ByteBuffer bytes, Consumer<WireMessage> messages) throws IOException {
        while (bytes.hasRemaining()) {
            if (header.hasRemaining()) {
                move(bytes, header);
                if (header.hasRemaining()) {
                    return;
                }
                payload = ByteBuffer.allocate(announced());
            }
            move(bytes, payload);
            if (payload.hasRemaining()) {
                return;
            }
            WireMessage message =
                    new WireMessage(header.getInt(0), header.getInt(4), header.getInt(8), payload.array());
            header.clear();
            messages.accept(message);
        }
    }

    private int announced() throws IOException {
        int length = header.getInt(12);
        if (length < 0 || length > WireMessage.MAX_PAYLOAD) {
            throw new IOException("a message announces " + Integer.toUnsignedString(length) + " bytes, more than "
                    + WireMessage.MAX_PAYLOAD);
        }
        return length;
    }

    private static void move(ByteBuffer from, ByteBuffer to) {
        int count = Math.min(from.remaining(), to.remaining());
        to.put(from.slice(from.position(), count));
        from.position(from.position() + count);
    }
}
