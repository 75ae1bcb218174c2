// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/** Chooses the guest of a domain when the domain is unpaused for the first time. */
@FunctionalInterface
public interface GuestFactory {
    /**
     * Chooses the guest of one domain.
     *
     * @param identity the domain
     * @return the description of the guest
     */
    SimulatedGuest guestFor(GuestIdentity identity);
}
