// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import org.xenjava.toolstack.stream.Blob;

/**
 * The identity of a migration that goes on over a further link after the first one was lost.
 *
 * @param token {@value #TOKEN_BYTES} random bytes, which only both ends know
 * @param seconds for which the sender tries to connect again
 */
public record Identity(Blob token, int seconds) {
    /** Length of a token in bytes. */
    public static final int TOKEN_BYTES = 32;

    /** Checks the token. */
    public Identity {
        if (token.size() != TOKEN_BYTES) {
            throw new IllegalArgumentException(token + " are no token");
        }
    }
}
