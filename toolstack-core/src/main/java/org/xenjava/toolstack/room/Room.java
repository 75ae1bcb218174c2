// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Free memory for one guest. Until it is closed, no other toolstack that honours xl's lock takes that memory or shrinks
 * domain 0.
 */
public final class Room implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Room.class);

    private final Runnable unlock;
    private boolean closed;

    Room(Runnable unlock) {
        this.unlock = unlock;
    }

    /** Ends the hold. A failure is logged, since the guest may have been built; the next build tries again. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            try {
                unlock.run();
            } catch (RuntimeException e) {
                LOG.warn("the memory that was kept for a guest is not released yet", e);
            }
        }
    }
}
