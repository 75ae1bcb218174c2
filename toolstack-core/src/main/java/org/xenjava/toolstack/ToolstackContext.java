// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import com.google.common.util.concurrent.Striped;
import java.util.concurrent.locks.Lock;
import org.xenjava.toolstack.build.DomainRemoval;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/** What a {@link Toolstack} shares with its {@link Domain}s. */
record ToolstackContext(
        Xenctrl xenctrl,
        StoreClient store,
        WatchHub events,
        PodPolicy podPolicy,
        DomainRemoval removal,
        Striped<Lock> domainLocks) {
    private static final int STRIPES = 64;

    ToolstackContext(Xenctrl xenctrl, StoreClient store, WatchHub events, PodPolicy podPolicy, DomainRemoval removal) {
        this(xenctrl, store, events, podPolicy, removal, Striped.lock(STRIPES));
    }

    /** Runs {@code work} while no other thread of this toolstack changes that domain. */
    void exclusively(int domid, Runnable work) {
        Lock lock = domainLocks.get(domid);
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }
}
