// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.function.Predicate;

/** The receiver's way to further links: to one after the last one was lost, and to others beside it. */
public interface Rejoining {
    /** A link without further ones. */
    Rejoining NONE = new Rejoining() {
        @Override
        public boolean isPossible() {
            return false;
        }

        @Override
        public void begin(Identity identity, Predicate<ReadableByteChannel> beside) {
            throw new IllegalStateException("no further link can arrive");
        }

        @Override
        public boolean await(long next, Exception cause) {
            return false;
        }

        @Override
        public ReadableByteChannel present() {
            throw new IllegalStateException("no further link can arrive");
        }
    };

    /** {@return whether a further link can arrive} */
    boolean isPossible();

    /**
     * Lets further links arrive from now on.
     *
     * @param identity of the migration
     * @param beside takes what comes from the sender over a link beside the present one, in any thread; false if it takes
     *     no such link now
     * @throws IOException if that is not possible
     */
    void begin(Identity identity, Predicate<ReadableByteChannel> beside) throws IOException;

    /**
     * Ends all links, waits for one that replaces them, and answers it. Afterwards, both channels of the receiver lead to it.
     *
     * @param next number of the next frame that the receiver expects
     * @param cause the failure of the last link
     * @return false if no further link has arrived in time, or none could
     */
    boolean await(long next, Exception cause);

    /** {@return what comes from the sender over the present link, and over no other one} */
    ReadableByteChannel present();
}
