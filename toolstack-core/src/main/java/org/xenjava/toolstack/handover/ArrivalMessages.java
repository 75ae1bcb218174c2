// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.time.Duration;

/** The receiver's messages behind the stream, and the one that it waits for. */
interface ArrivalMessages {
    /** The receiver has built the domain. */
    void built() throws IOException;

    /**
     * Waits until the sender gives the guest to the receiver.
     *
     * @throws org.xenjava.toolstack.error.MigrationException if it says something else
     */
    void awaitPermission(Duration limit) throws IOException;

    /** The guest runs here. */
    void started() throws IOException;

    /** The guest could not start, and nothing of it is left here. */
    void givenBack(String reason) throws IOException;
}
