// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Collection;
import java.util.Set;
import java.util.UUID;

/** Which domains a guard looks after. */
@FunctionalInterface
public interface GuardScope {
    /** Every one. */
    GuardScope ALL = (domid, uuid) -> true;

    boolean includes(int domid, UUID uuid);

    /** {@return those with these UUIDs, which a domain keeps when it reboots} */
    static GuardScope of(Collection<UUID> uuids) {
        Set<UUID> wanted = Set.copyOf(uuids);
        return (domid, uuid) -> wanted.contains(uuid);
    }
}
