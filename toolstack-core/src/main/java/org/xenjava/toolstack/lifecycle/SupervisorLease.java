// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;

/**
 * One supervisor's leases of domains and of entries of the journal. Two supervisors of one process exclude each
 * other.
 */
final class SupervisorLease {
    private final StoreClient store;
    private final LeaseHolder holder;

    SupervisorLease(StoreClient store, ProcessIdentity processes) {
        this.store = store;
        this.holder = LeaseHolder.withinProcess(processes);
    }

    LeaseHolder holder() {
        return holder;
    }

    private Lease lease(int domid) {
        return holder.lease(new DomainPaths(domid).supervisor());
    }

    /**
     * Takes a domain's lease and runs {@code work} in the same transaction.
     *
     * @return false if the domain has no tree, or if another supervisor that may be alive has the lease; nothing was
     *     done
     */
    boolean take(int domid, Consumer<StoreTransaction> work) {
        return store.inTransaction(transaction -> {
            boolean taken = transaction.exists(new DomainPaths(domid).root())
                    && lease(domid).take(transaction) != Lease.State.HELD;
            if (taken) {
                work.accept(transaction);
            }
            return taken;
        });
    }

    boolean has(int domid) {
        return lease(domid).state(store.direct()) == Lease.State.OURS;
    }

    /** Takes the lease of a journal's entry; false if there is no entry, or if another supervisor has it. */
    boolean takeEntry(UUID uuid) {
        return store.inTransaction(transaction -> StopJournal.contains(transaction, uuid)
                && StopJournal.lease(holder, uuid).take(transaction) != Lease.State.HELD);
    }

    /** Releases all leases. */
    void release(List<DomainInfo> domains) {
        domains.forEach(info -> store.inTransaction(lease(info.domid())::release));
        StopJournal.uuids(store.direct())
                .forEach(uuid -> store.inTransaction(StopJournal.lease(holder, uuid)::release));
    }
}
