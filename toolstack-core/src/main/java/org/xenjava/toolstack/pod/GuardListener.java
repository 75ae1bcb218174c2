// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/**
 * Receives the readings and state changes of a guard, on the guard's thread, so it must be quick. Its exceptions are
 * logged and have no other effect.
 */
@FunctionalInterface
public interface GuardListener {
    /** Ignores all events. */
    GuardListener NONE = event -> {};

    /**
     * Called when a domain has changed its state, or a monitor was attached to it or detached.
     *
     * @param event the change
     */
    void changed(GuardEvent event);

    /**
     * Called after each reading of a domain, changed or not.
     *
     * @param status the reading
     */
    default void looked(GuardStatus status) {}

    /**
     * {@return a listener that calls this one and then another} The other is called even if this one throws.
     *
     * @param other the other listener
     */
    default GuardListener andThen(GuardListener other) {
        GuardListener first = this;
        return new GuardListener() {
            @Override
            public void changed(GuardEvent event) {
                first.changed(event);
                other.changed(event);
            }

            @Override
            public void looked(GuardStatus status) {
                first.looked(status);
                other.looked(status);
            }
        };
    }
}
