// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.util.Optional;
import org.xenjava.toolstack.migrate.MigrationLimits;

/** The sender's messages behind the stream, and those that it waits for. */
interface DepartureMessages {
    /**
     * Waits until the receiver has built the domain.
     *
     * @throws org.xenjava.toolstack.error.MigrationException if it says something else
     */
    void awaitBuilt(MigrationLimits limits) throws IOException;

    /** Gives the guest to the receiver. */
    void permit() throws IOException;

    /**
     * Waits for the receiver's report.
     *
     * @return empty if the guest runs there, or the reason for which the receiver gives it back
     * @throws org.xenjava.toolstack.error.MigrationException if it says something else
     */
    Optional<String> awaitReport(MigrationLimits limits) throws IOException;

    /** The reason for which the receiver has refused the guest before the link broke; empty if it gave none. */
    Optional<String> refusal();
}
