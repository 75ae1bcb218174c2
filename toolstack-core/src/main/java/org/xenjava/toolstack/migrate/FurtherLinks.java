// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.io.Closeable;
import java.io.IOException;
import java.util.function.Consumer;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.stream.framed.FrameReader;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;

/** The way by which further links of a migration reach its receiver, after the first one was lost. */
@FunctionalInterface
public interface FurtherLinks {
    /**
     * Lets further links of a migration arrive. A link of which the sender did not show the token never does.
     *
     * @param token of the migration
     * @param taker takes each link, in a thread of its own, and closes it
     * @return ends the arrival of links
     * @throws IOException if no link can arrive
     */
    Closeable open(MigrationToken token, Consumer<MigrationLink> taker) throws IOException;

    /**
     * Tells the sender of a further link that no migration waits for it.
     *
     * @param link a link whose token was read
     * @throws IOException if the link is broken
     */
    static void refuse(MigrationLink link) throws IOException {
        try {
            // A link that is closed with bytes unread may lose the answer.
            new FrameReader().next(link.in());
        } catch (SaveStreamException e) {
            // Any first frame is refused.
        }
        new FrameWriter(link.out()).write(FrameType.REFUSED, "no migration waits there for a further link");
    }
}
