// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.util.UUID;

/**
 * Something that a supervisor has seen or done.
 *
 * @param kind what it is
 * @param domid the domain; of {@link Kind#RESTARTED}, the new one
 * @param name its name
 * @param uuid its UUID, which it keeps through restarts
 * @param detail a sentence for people: why, and what comes next
 */
public record SupervisionEvent(Kind kind, int domid, String name, UUID uuid, String detail) {
    /** What may happen. */
    public enum Kind {
        /** It has stopped, and its configuration says what to do. */
        STOPPED,
        /** It stopped, and another process that is alive looks after it. */
        LEFT_TO_ANOTHER,
        /** Its memory is in a file. */
        DUMPED,
        /** Its memory could not be written to a file; what comes next is done all the same, as xl does it. */
        DUMP_FAILED,
        /** It was destroyed, and that is the end of it. */
        DESTROYED,
        /** It stays as it is until its owner destroys it. */
        KEPT,
        /** It stays as it is, under another name and UUID; its successor is built beside it. */
        SET_ASIDE,
        /** It was built again from its configuration and runs. */
        RESTARTED,
        /** It could not be built again this time; nothing is left of the attempt, and there will be others. */
        RESTART_FAILED,
        /** It will not be built again: its owner has to. */
        GAVE_UP
    }

    @Override
    public String toString() {
        return "domain " + domid + " (" + name + "): " + detail;
    }
}
