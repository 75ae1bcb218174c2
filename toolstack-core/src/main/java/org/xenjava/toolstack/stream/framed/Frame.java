// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * One frame that was read and whose checksums are right.
 *
 * @param type of the frame
 * @param flags of the frame: bits whose meaning depends on the type
 * @param body in little-endian order; valid until the next frame is read
 */
public record Frame(FrameType type, int flags, ByteBuffer body) {
    /** Length of a header in bytes. */
    public static final int HEADER_BYTES = 24;

    /** Offset of the checksum of the body in the header. */
    static final int BODY_CHECKSUM = 16;

    /** Offset of the checksum of the header: the bytes before it are checked. */
    static final int HEADER_CHECKSUM = 20;

    /** The flag of a frame of pages whose contents are compressed with zstd. */
    static final int ZSTD = 1;

    /** {@return a buffer for a frame, which stands at the beginning of the body} */
    static ByteBuffer buffer(int bodyBytes) {
        return ByteBuffer.allocate(HEADER_BYTES + bodyBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(HEADER_BYTES);
    }

    /** {@return the body as text, with a blank for each byte that is not printable ASCII} */
    public String text() {
        return StandardCharsets.ISO_8859_1
                .decode(body.duplicate())
                .toString()
                .replaceAll("[^ -~]", " ")
                .strip();
    }
}
