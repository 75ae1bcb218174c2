// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

/**
 * Free memory for one guest. Until it is closed, no other toolstack that honours xl's lock takes that memory or shrinks
 * domain 0.
 */
public final class Room implements AutoCloseable {
    private final Runnable unlock;
    private boolean closed;

    Room(Runnable unlock) {
        this.unlock = unlock;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            unlock.run();
        }
    }
}
