// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

/** Receives a supervisor's observations and actions, on the supervisor's thread. */
@FunctionalInterface
public interface SupervisionListener {
    /** Ignores all events. */
    SupervisionListener NONE = event -> {};

    /**
     * Called for each event.
     *
     * @param event the event
     */
    void happened(SupervisionEvent event);
}
