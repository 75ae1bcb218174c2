// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.util.Optional;
import java.util.UUID;

/**
 * One look at the memory of a domain. All amounts are pages of 4 KiB.
 *
 * @param domid number of the domain; 0 for the control domain
 * @param uuid UUID of the domain
 * @param name name of the domain, for messages
 * @param phase what the domain does
 * @param ownedPages pages that the domain owns
 * @param sizePages size that its balloon driver was told, video RAM included
 * @param floorPages smallest size that the balancer may set
 * @param ceilingPages largest size that the balancer may set
 * @param basePages size that a user has set
 * @param debtPages populate-on-demand entries without a page; zero or less if there are none
 * @param report what the guest reports about itself, if anything
 */
public record GuestSnapshot(
        int domid,
        UUID uuid,
        String name,
        Phase phase,
        long ownedPages,
        long sizePages,
        long floorPages,
        long ceilingPages,
        long basePages,
        long debtPages,
        Optional<GuestReport> report) {

    /**
     * One run of a domain. A reboot keeps the UUID and gives another number.
     *
     * @param domid number of the domain
     * @param uuid UUID of the domain
     */
    public record Incarnation(int domid, UUID uuid) {}

    /** {@return which run of which domain this is} */
    public Incarnation incarnation() {
        return new Incarnation(domid, uuid);
    }

    /** The state of a domain, as far as it concerns its memory. */
    public enum Phase {
        /** The domain is being built, or has not run yet. */
        BUILDING,
        /** The guest has not finished its first ballooning: it owns what it needs to finish, and gives nothing. */
        BALLOONING,
        /** The guest runs and has a balloon driver, as far as is known. */
        RUNNING,
        /** The domain takes no part: it has stopped, is excluded, or another process has set its size a short time ago. */
        FIXED
    }
}
