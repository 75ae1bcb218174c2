// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.ProcessIdentity;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;

/** One supervisor's claims to domains and to entries of the journal: signed notes, void when their process is gone. */
final class SupervisorLease {
    private static final char BEFORE_NUMBER = '#';
    private static final String NOBODY = "";
    private static final AtomicLong SUPERVISORS = new AtomicLong();

    private final StoreClient store;
    private final ProcessIdentity processes;
    private final String signature;

    SupervisorLease(StoreClient store, ProcessIdentity processes) {
        this.store = store;
        this.processes = processes;
        // Two supervisors of one process are two.
        this.signature = processes.self() + BEFORE_NUMBER + SUPERVISORS.incrementAndGet();
    }

    String signature() {
        return signature;
    }

    /**
     * Claims a domain and does something in the same transaction.
     *
     * @return false if it has no tree, or another supervisor that may be alive has claimed it; then nothing was done
     */
    boolean take(int domid, Consumer<StoreTransaction> work) {
        DomainPaths paths = new DomainPaths(domid);
        return store.inTransaction(transaction -> {
            if (!transaction.exists(paths.root()) || isAnothers(transaction.read(paths.supervisor()))) {
                return false;
            }
            transaction.write(paths.supervisor(), signature);
            work.accept(transaction);
            return true;
        });
    }

    boolean has(int domid) {
        return store.read(new DomainPaths(domid).supervisor())
                .filter(signature::equals)
                .isPresent();
    }

    /** Claims an entry of the journal; false if there is none, or it is another's. */
    boolean takeEntry(UUID uuid) {
        return store.inTransaction(transaction -> {
            Optional<String> owner = StopJournal.owner(transaction, uuid);
            if (owner.isEmpty() || isAnothers(owner)) {
                return false;
            }
            StopJournal.own(transaction, uuid, signature);
            return true;
        });
    }

    private boolean isAnothers(Optional<String> owner) {
        return owner.filter(name -> !name.equals(NOBODY) && !name.equals(signature))
                .map(name ->
                        name.indexOf(BEFORE_NUMBER) < 0 ? name : name.substring(0, name.lastIndexOf(BEFORE_NUMBER)))
                .filter(processes::mayBeAlive)
                .isPresent();
    }

    /** Gives all of them up. */
    void release(List<DomainInfo> domains) {
        for (DomainInfo info : domains) {
            String claim = new DomainPaths(info.domid()).supervisor();
            store.inTransaction(transaction -> {
                boolean ours = transaction.read(claim).filter(signature::equals).isPresent();
                if (ours) {
                    transaction.remove(claim);
                }
                return ours;
            });
        }
        for (UUID uuid : StopJournal.uuids(store.direct())) {
            store.inTransaction(transaction -> {
                boolean ours = StopJournal.owner(transaction, uuid)
                        .filter(signature::equals)
                        .isPresent();
                if (ours) {
                    StopJournal.own(transaction, uuid, NOBODY);
                }
                return ours;
            });
        }
    }
}
