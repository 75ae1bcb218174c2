// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;

/** The receiver's way to a further link after one was lost. */
public interface Rejoining {
    /** A link that no other one can follow. */
    Rejoining NONE = new Rejoining() {
        @Override
        public boolean isPossible() {
            return false;
        }

        @Override
        public void begin(Identity identity) {
            throw new IllegalStateException("no further link can arrive");
        }

        @Override
        public boolean await(long next, Exception cause) {
            return false;
        }
    };

    /** {@return whether a further link can arrive} */
    boolean isPossible();

    /**
     * Lets further links arrive from now on.
     *
     * @param identity of the migration
     * @throws IOException if that is not possible
     */
    void begin(Identity identity) throws IOException;

    /**
     * Waits for a further link, and answers it. Afterwards, both channels of the receiver lead to it.
     *
     * @param next number of the next frame that the receiver expects
     * @param cause the failure of the last link
     * @return false if no further link has arrived in time, or none could
     */
    boolean await(long next, Exception cause);
}
