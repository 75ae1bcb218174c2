// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import org.xenjava.toolstack.memory.layout.SpecialPage;

/**
 * The two rings with event channels that every guest has from the start.
 *
 * @param store the ring to xenstored
 * @param console the ring to xenconsoled
 */
record GuestPorts(Ring store, Ring console) {
    /**
     * A page that the guest shares with a daemon, and the event channel to it.
     *
     * @param port the guest's port
     * @param domid the domain that the daemon runs in
     * @param frame the page: a gfn, or the machine frame of a PV guest's page
     */
    record Ring(int port, int domid, long frame) {}

    /**
     * The pages of the rings.
     *
     * @param store the frame of the ring to xenstored
     * @param console the frame of the ring to xenconsoled
     */
    record Frames(long store, long console) {
        /** The pages of a PV guest before they are found in a stream. */
        static final Frames UNKNOWN = new Frames(0, 0);

        /** The pages of an HVM or PVH guest. */
        static final Frames SPECIAL_PAGES = new Frames(SpecialPage.STORE.gfn(), SpecialPage.CONSOLE.gfn());
    }

    /** The same ports with other pages. */
    GuestPorts at(Frames frames) {
        return new GuestPorts(
                new Ring(store.port(), store.domid(), frames.store()),
                new Ring(console.port(), console.domid(), frames.console()));
    }

    static final GuestPorts NONE = new GuestPorts(new Ring(0, 0, 0), new Ring(0, 0, 0));
}
