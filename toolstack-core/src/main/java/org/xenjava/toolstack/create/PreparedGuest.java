// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.UUID;

/**
 * A domain with its memory that waits for an image and a name. Until a build takes it over, it has a record of its own
 * in the journal of builds, by which another process removes it if this process dies.
 */
final class PreparedGuest {
    private final GuestShell.Shape shape;
    private final GuestShell shell;
    private final BuildJournal.Note note;
    private final Runnable owner;
    private UUID handle;
    private boolean taken;

    PreparedGuest(GuestShell.Shape shape, GuestShell shell, BuildJournal.Note note, Runnable owner) {
        this.shape = shape;
        this.shell = shell;
        this.note = note;
        this.owner = owner;
        this.handle = shell.uuid();
    }

    GuestShell.Shape shape() {
        return shape;
    }

    GuestShell shell() {
        return shell;
    }

    BuildJournal.Note note() {
        return note;
    }

    /** Called when a build that took the domain has ended. */
    Runnable owner() {
        return owner;
    }

    /** Whether a domain with this handle may be this one. */
    boolean has(UUID found) {
        return found.equals(handle) || found.equals(shell.uuid());
    }

    /** Whether a build has begun to take it over. */
    boolean isTaken() {
        return taken;
    }

    /** Gives the domain the UUID of a guest, whose build has a record by now. */
    void takeOver(UUID uuid) {
        taken = true;
        handle = uuid;
        shell.setHandle(uuid);
        note.close();
    }
}
