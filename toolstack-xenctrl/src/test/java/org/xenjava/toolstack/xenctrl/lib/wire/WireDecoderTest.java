// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireDecoderTest {
    private final WireDecoder decoder = new WireDecoder();
    private final List<WireMessage> messages = new ArrayList<>();

    /** The bytes of struct xsd_sockmsg: type, req_id, tx_id, len, then the payload. */
    @Test
    void aReadOfAPathHasTheBytesOfThePublicHeader() {
        WireMessage message = WireMessage.of(WireOp.READ, 0x0102, 3, WireMessage.strings("/a"));
        assertEquals(
                "02000000" + "02010000" + "03000000" + "03000000" + "2f6100",
                HexFormat.of().formatHex(message.encoded().array()));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 16, 17, 1000})
    void messagesArriveWholeHoweverTheStreamIsCut(int piece) throws IOException {
        ByteBuffer stream = ByteBuffer.allocate(3 * WireMessage.HEADER_BYTES + 4 + 5000 - 904);
        WireMessage.of(WireOp.READ, 1, 0, new byte[] {1, 2, 3, 4}).encode(stream);
        WireMessage.of(WireOp.WRITE, 2, 0, new byte[0]).encode(stream);
        WireMessage.of(WireOp.READ, 3, 0, new byte[WireMessage.MAX_PAYLOAD]).encode(stream);
        stream.flip();
        while (stream.hasRemaining()) {
            ByteBuffer part = stream.slice(stream.position(), Math.min(piece, stream.remaining()));
            stream.position(stream.position() + part.remaining());
            decoder.feed(part, messages::add);
        }
        assertEquals(
                List.of(1, 2, 3), messages.stream().map(WireMessage::request).toList());
        assertArrayEquals(new byte[] {1, 2, 3, 4}, messages.get(0).payload());
        assertEquals(WireMessage.MAX_PAYLOAD, messages.get(2).payload().length);
    }

    @ParameterizedTest
    @ValueSource(ints = {WireMessage.MAX_PAYLOAD + 1, Integer.MAX_VALUE, -1})
    void aLengthBeyondTheLimitIsRefusedBeforeItIsAllocated(int length) {
        ByteBuffer header = WireMessage.of(WireOp.READ, 1, 0, new byte[0]).encoded();
        header.order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(12, length);
        assertThrows(IOException.class, () -> decoder.feed(header, messages::add));
        assertTrue(messages.isEmpty());
    }
}
