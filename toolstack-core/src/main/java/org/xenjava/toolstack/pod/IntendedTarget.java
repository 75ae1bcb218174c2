// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The administrator's {@code memory/target} while a guard has lowered the node. */
public final class IntendedTarget {
    private IntendedTarget() {}

    /**
     * Reads the target.
     *
     * @param store a transaction, or single requests
     * @param paths nodes of the domain
     * @return the target; empty if no guard has lowered it, or if it was set since
     */
    @SuppressWarnings("exports")
    public static Optional<KiB> read(StoreTransaction store, DomainPaths paths) {
        Optional<KiB> target = store.readPlausibleKib(paths.memoryTarget());
        return GuardRecord.read(store, paths)
                .nudge()
                .filter(nudge -> target.equals(Optional.of(nudge.target())))
                .map(GuardRecord.Nudge::intent);
    }
}
