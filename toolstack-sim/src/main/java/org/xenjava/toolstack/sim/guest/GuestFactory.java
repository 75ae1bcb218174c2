// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/** Chooses the guest of a domain when the domain is unpaused for the first time. */
@FunctionalInterface
public interface GuestFactory {
    /** {@return the guest for that domain} */
    SimulatedGuest guestFor(GuestIdentity identity);
}
