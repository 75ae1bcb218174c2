// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;

/** The sender's way to a further link after one was lost. */
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
}
