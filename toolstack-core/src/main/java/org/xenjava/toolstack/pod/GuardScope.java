// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Collection;
import java.util.Set;
import java.util.UUID;

/** Chooses the domains that a guard watches. */
@FunctionalInterface
public interface GuardScope {
    /** All domains. */
    GuardScope ALL = (domid, uuid) -> true;

    /**
     * {@return whether the guard watches a domain}
     *
     * @param domid number of the domain
     * @param uuid UUID of the domain
     */
    boolean includes(int domid, UUID uuid);

    /**
     * {@return the scope of the domains with these UUIDs, which a domain keeps through reboots}
     *
     * @param uuids the UUIDs
     */
    static GuardScope of(Collection<UUID> uuids) {
        Set<UUID> wanted = Set.copyOf(uuids);
        return (domid, uuid) -> wanted.contains(uuid);
    }
}
