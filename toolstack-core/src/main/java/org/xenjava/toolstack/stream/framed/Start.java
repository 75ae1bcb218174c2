// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.xenjava.toolstack.stream.Blob;

/**
 * The body of the sender's first frame.
 *
 * @param terms version and features that the sender has chosen
 * @param identity of the migration, with the feature {@link Terms#RESUME} only
 */
record Start(Terms terms, Optional<Identity> identity) {
    /** Length of the longest body in bytes. */
    static final int MOST_BYTES = Terms.BYTES + Identity.TOKEN_BYTES + 2 * Integer.BYTES;

    ByteBuffer body() {
        ByteBuffer body = ByteBuffer.allocate(MOST_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(terms.version())
                .putInt(terms.features());
        identity.ifPresent(
                known -> body.put(known.token().bytes()).putInt(known.seconds()).putInt(0));
        return body.flip();
    }

    /** Reads a body. */
    static Start read(Frame frame, FrameReader reader) {
        ByteBuffer body = frame.body();
        if (body.remaining() < Terms.BYTES) {
            throw reader.wrong(body.remaining() + " bytes instead of " + Terms.BYTES);
        }
        Terms terms = new Terms(body.getInt(0), body.getInt(Integer.BYTES));
        if (terms.has(Terms.PARALLEL) && !terms.has(Terms.RESUME)) {
            throw reader.wrong("links beside this one need a token");
        }
        int expected = terms.has(Terms.RESUME) ? MOST_BYTES : Terms.BYTES;
        if (body.remaining() != expected) {
            throw reader.wrong(body.remaining() + " bytes instead of " + expected);
        }
        if (!terms.has(Terms.RESUME)) {
            return new Start(terms, Optional.empty());
        }
        byte[] token = new byte[Identity.TOKEN_BYTES];
        body.position(Terms.BYTES).get(token);
        int seconds = body.getInt();
        if (body.getInt() != 0 || seconds < 0) {
            throw reader.wrong("a reserved field is not zero");
        }
        return new Start(terms, Optional.of(new Identity(Blob.of(token), seconds)));
    }
}
