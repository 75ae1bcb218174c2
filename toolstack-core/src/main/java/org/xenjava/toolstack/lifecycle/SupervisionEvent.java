// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.util.UUID;

/**
 * An observation or action of a supervisor.
 *
 * @param kind the kind of event
 * @param domid number of the domain; of the new one for {@link Kind#RESTARTED}
 * @param name name of the domain
 * @param uuid UUID of the domain, which it keeps through restarts
 * @param detail the reason and the next action, as text for people
 */
public record SupervisionEvent(Kind kind, int domid, String name, UUID uuid, String detail) {
    /** Kinds of events. */
    public enum Kind {
        /** The domain has stopped, and its configuration decides the next action. */
        STOPPED,
        /** The domain has stopped, and another live process supervises it. */
        LEFT_TO_ANOTHER,
        /** The domain's memory was written to a file. */
        DUMPED,
        /** The domain's memory could not be written to a file; the next action follows in any case, as in xl. */
        DUMP_FAILED,
        /** The domain was destroyed, without a successor. */
        DESTROYED,
        /** The domain is preserved until its owner destroys it. */
        KEPT,
        /** The domain is preserved under another name and UUID; its successor is built beside it. */
        SET_ASIDE,
        /** The domain was built again from its configuration and runs. */
        RESTARTED,
        /** The domain could not be built again; nothing of the attempt is left, and the supervisor will retry. */
        RESTART_FAILED,
        /** The supervisor will not retry: the owner has to create the domain. */
        GAVE_UP
    }

    @Override
    public String toString() {
        return "domain " + domid + " (" + name + "): " + detail;
    }
}
