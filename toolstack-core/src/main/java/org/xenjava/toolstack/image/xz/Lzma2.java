// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.xz;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Decodes LZMA2: a sequence of LZMA chunks and uncompressed chunks, each with its lengths in front. */
final class Lzma2 {
    private static final int END = 0;
    private static final int PLAIN_WITH_RESET = 1;
    private static final int PLAIN = 2;
    private static final int LZMA = 0x80;
    private static final int MAX_CHUNK_BYTES = 1 << 16;

    /** The resets that the control byte of an LZMA chunk requires. */
    private static final int RESET_SHIFT = 5;

    private static final int RESET_STATE = 1;
    private static final int NEW_PROPERTIES = 2;
    private static final int RESET_DICTIONARY = 3;

    private Lzma2() {}

    /**
     * Decodes chunks up to the end mark.
     *
     * @param output a buffer that the content fills exactly
     */
    static void decode(DataInputStream input, ByteBuffer output) throws IOException {
        Lzma lzma = new Lzma(output);
        byte[] chunk = new byte[MAX_CHUNK_BYTES];
        for (int control = input.readUnsignedByte(); control != END; control = input.readUnsignedByte()) {
            if (control >= LZMA) {
                int bytes = ((control & 0x1f) << 16) + input.readUnsignedShort() + 1;
                requireRoom(output, bytes);
                int length = input.readUnsignedShort() + 1;
                reset(lzma, control >>> RESET_SHIFT & 3, input);
                input.readFully(chunk, 0, length);
                lzma.decode(chunk, length, bytes);
            } else if (control <= PLAIN) {
                int length = input.readUnsignedShort() + 1;
                requireRoom(output, length);
                if (control == PLAIN_WITH_RESET) {
                    lzma.resetDictionary();
                }
                input.readFully(chunk, 0, length);
                output.put(chunk, 0, length);
            } else {
                throw new CorruptXzException("there is no kind of chunk " + control);
            }
        }
        if (output.hasRemaining()) {
            throw new CorruptXzException("the content is shorter than the index says");
        }
    }

    private static void reset(Lzma lzma, int resets, DataInputStream input) throws IOException {
        if (resets >= RESET_DICTIONARY) {
            lzma.resetDictionary();
        }
        if (resets >= NEW_PROPERTIES) {
            lzma.setProperties(input.readUnsignedByte());
        }
        if (resets >= RESET_STATE) {
            lzma.resetState();
        }
    }

    private static void requireRoom(ByteBuffer output, int bytes) throws CorruptXzException {
        if (bytes > output.remaining()) {
            throw new CorruptXzException("the content is longer than the index says");
        }
    }
}
