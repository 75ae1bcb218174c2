// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/**
 * The domain for which a {@link GuestFactory} chooses a guest.
 *
 * @param domid the domain's number
 * @param name the domain's name in xenstore; empty if it has none
 * @param kind the kind of the domain
 */
public record GuestIdentity(int domid, String name, Kind kind) {
    /** Kinds of domains that guests run in. */
    public enum Kind {
        /** No firmware, no emulated devices. */
        PVH,
        /** A PC with firmware and a device model. */
        HVM,
        /** A kernel that knows Xen, without hardware virtualization. */
        PV
    }
}
