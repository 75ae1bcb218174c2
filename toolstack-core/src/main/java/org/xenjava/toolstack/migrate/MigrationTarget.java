// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.io.IOException;
import java.util.UUID;

/** The host to which a guest migrates. */
public interface MigrationTarget {
    /** {@return the name of the host, not empty; a guest is taken back only from the host with the name that it was given to} */
    String name();

    /**
     * Starts a receiver, such as {@code xlj migrate-receive} or {@code xl migrate-receive}.
     *
     * @return the link to it, which the caller closes
     * @throws IOException if it cannot be started
     */
    MigrationLink connect() throws IOException;

    /** {@return whether {@link #connect(MigrationToken)} reaches a receiver again after a link to it was lost} */
    default boolean isReachedAgain() {
        return false;
    }

    /**
     * Connects to a receiver that {@link #connect()} has started.
     *
     * @param token of the migration, which the link shows to the other end
     * @return a further link to it, which the caller closes
     * @throws IOException if it cannot be reached
     */
    default MigrationLink connect(MigrationToken token) throws IOException {
        throw new IOException(name() + " has no further links");
    }

    /**
     * Asks over another link where the guest is, after the link of a migration was lost. {@link Presence#inTable} reads
     * the answer of {@code xl vm-list}.
     *
     * @param uuid UUID of the guest
     * @param name name of the guest
     * @return what the target knows
     * @throws IOException if it cannot be asked now
     */
    Presence presence(UUID uuid, String name) throws IOException;
}
