// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One message: a header of four 32-bit numbers ({@code struct xsd_sockmsg}), then the payload.
 *
 * @param type number of the type, see {@link WireOp}
 * @param request number of the request that an answer belongs to; 0 for a watch event
 * @param transaction number of the transaction, or 0 for none
 * @param payload at most {@link #MAX_PAYLOAD} bytes
 */
public record WireMessage(int type, int request, int transaction, byte[] payload) {
    /** Bytes of the header. */
    public static final int HEADER_BYTES = 16;

    /** {@code XENSTORE_PAYLOAD_MAX}: xenstored ends a connection that sends more. */
    public static final int MAX_PAYLOAD = 4096;

    /**
     * Makes a message of a known type.
     *
     * @return the message
     */
    public static WireMessage of(WireOp op, int request, int transaction, byte[] payload) {
        return new WireMessage(op.number(), request, transaction, payload);
    }

    /** Appends header and payload to a buffer, in the byte order of x86. */
    public void encode(ByteBuffer out) {
        out.order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(request)
                .putInt(transaction)
                .putInt(payload.length)
                .put(payload);
    }

    /** {@return header and payload, ready to be read} */
    public ByteBuffer encoded() {
        ByteBuffer out = ByteBuffer.allocate(size());
        encode(out);
        return out.flip();
    }

    /** {@return bytes of header and payload} */
    public int size() {
        return HEADER_BYTES + payload.length;
    }

    /** {@return strings, each with the zero byte that ends it, as a payload} */
    public static byte[] strings(String... texts) {
        return strings(List.of(texts), new byte[0]);
    }

    /** {@return strings, each with the zero byte that ends it, then bytes as they are} */
    public static byte[] strings(List<String> texts, byte[] rest) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String text : texts) {
            out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
            out.write(0);
        }
        out.writeBytes(rest);
        return out.toByteArray();
    }

    /** {@return the strings of the payload, each ended by a zero byte or by the end of the payload} */
    public List<String> strings() {
        List<String> texts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < payload.length; i++) {
            if (payload[i] == 0) {
                texts.add(text(start, i));
                start = i + 1;
            }
        }
        if (start < payload.length) {
            texts.add(text(start, payload.length));
        }
        return texts;
    }

    /** {@return the payload up to its first zero byte, as text} */
    public String text() {
        List<String> texts = strings();
        return texts.isEmpty() ? "" : texts.get(0);
    }

    private String text(int from, int to) {
        return new String(payload, from, to - from, StandardCharsets.UTF_8);
    }
}
