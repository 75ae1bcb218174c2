// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/** The sender's way to further links: to one after the last one was lost, and to others beside it. */
public interface Reconnection {
    /** {@return the identity of the migration} */
    Identity identity();

    /**
     * Connects again. Afterwards, the channel of the writer leads to the new link.
     *
     * @param cause the failure of the last link
     * @return the number of the next frame that the receiver expects
     * @throws IOException if no link could be made in time, or none can help
     */
    long reconnect(IOException cause) throws IOException;

    /**
     * Ends the migration if the links are lost again and again without a new frame at the receiver. Called after
     * {@link #reconnect}, whose link then leads to the receiver.
     *
     * @param cause the failure of the last link
     * @throws org.xenjava.toolstack.error.MigrationException if no frame has arrived for too long
     */
    void requireProgress(IOException cause);

    /** {@return the number of links that carry pages at once, if the receiver can do that; at least 1} */
    int streams();

    /**
     * Connects beside the present link. Waits until the receiver has accepted the link; any thread may do that.
     *
     * @param number of the link, from 1
     * @return what goes to the receiver
     * @throws IOException if no link could be made, or the present link is lost meanwhile
     */
    WritableByteChannel connectBeside(int number) throws IOException;

    /** Ends all links beside the present one. Writes that wait fail. */
    void cutBeside();

    /** Ends the present link. A write that waits fails. */
    void cut();
}
