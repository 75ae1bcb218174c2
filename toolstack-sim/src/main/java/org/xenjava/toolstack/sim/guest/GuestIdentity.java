// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/**
 * A domain that is about to run for the first time, for whoever chooses what runs in it.
 *
 * @param domid its number
 * @param name its name in xenstore; empty if it has none
 * @param kind which machine it is
 */
public record GuestIdentity(int domid, String name, Kind kind) {
    /** Kinds of domains that guests run in. */
    public enum Kind {
        /** No firmware, no emulated devices. */
        PVH,
        /** A PC with firmware and a device model. */
        HVM
    }
}
