// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import java.util.UUID;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** Reads the counters and the guard's record of a domain. */
final class DomainReader {
    private final Xenctrl xenctrl;
    private final StoreClient store;

    DomainReader(Xenctrl xenctrl, StoreClient store) {
        this.xenctrl = xenctrl;
        this.store = store;
    }

    /** Reads a domain; empty if it is dead or dying, because its counters then have no meaning. */
    Optional<GuardReading> read(int domid, UUID handle) {
        PodCounters counters;
        boolean monitored;
        try {
            counters = xenctrl.memory().podTarget(domid);
            monitored = xenctrl.domains().monitorAttached(domid);
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ESRCH)) {
                return Optional.empty();
            }
            throw e;
        }
        Optional<DomainInfo> info = xenctrl.domains()
                .info(domid)
                .filter(found -> !found.dying() && found.handle().equals(handle));
        DomainPaths paths = new DomainPaths(domid);
        return info.map(alive -> new GuardReading(
                counters,
                alive.maxPages(),
                !alive.paused() && !alive.shutdown(),
                monitored,
                store.readPlausibleKib(paths.memoryTarget()),
                GuardRecord.read(store.direct(), paths)));
    }
}
