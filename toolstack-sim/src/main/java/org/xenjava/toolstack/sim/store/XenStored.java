// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The simulated xenstored: the tree, who is connected to it, and which domains it knows. */
public final class XenStored {
    private final Lock lock;
    private final DomainLink domains;
    private final StoreTree tree = new StoreTree(this::fire);
    private final List<StoreConnection> connections = new ArrayList<>();
    private final Set<Integer> introduced = new HashSet<>();

    /** How xenstored reaches a domain that is introduced to it. */
    public interface DomainLink {
        /**
         * Maps the ring through grant reference 1 and binds the event channel.
         *
         * @throws StoreRefusal if either is not possible
         */
        void connect(int domid, int port);

        /** Lets go of the ring and closes xenstored's end of the event channel. */
        void disconnect(int domid);
    }

    /**
     * @param lock the simulated machine's lock
     * @param domains access to domains
     */
    public XenStored(Lock lock, DomainLink domains) {
        this.lock = lock;
        this.domains = domains;
    }

    /** Where a domain's own nodes are. */
    public static String home(int domid) {
        return "/local/domain/" + domid;
    }

    /** A new connection of that domain; dom0's may do everything. */
    public StoreConnection connect(int domid) {
        lock.lock();
        try {
            StoreConnection connection = new StoreConnection(this, domid);
            connections.add(connection);
            return connection;
        } finally {
            lock.unlock();
        }
    }

    /** Xen says that a domain has shut down or died. */
    public void domainChanged(int domid) {
        locked(() -> {
            if (introduced.contains(domid)) {
                fireSpecial("@releaseDomain");
            }
        });
    }

    /** Xen says that a domain is dead: it is forgotten. */
    public void domainDied(int domid) {
        locked(() -> {
            if (introduced.remove(domid)) {
                domains.disconnect(domid);
                fireSpecial("@releaseDomain");
            }
        });
    }

    Lock lock() {
        return lock;
    }

    StoreTree tree() {
        return tree;
    }

    void disconnect(StoreConnection connection) {
        connections.remove(connection);
    }

    void introduce(int domid, int port) {
        if (port <= 0) {
            throw new StoreRefusal(Errno.EINVAL);
        }
        boolean again = introduced.contains(domid);
        if (again) {
            domains.disconnect(domid);
        }
        domains.connect(domid, port);
        introduced.add(domid);
        if (!again) {
            fireSpecial("@introduceDomain");
        }
    }

    void release(int domid) {
        if (!introduced.remove(domid)) {
            throw new StoreRefusal(Errno.ENOENT);
        }
        domains.disconnect(domid);
        fireSpecial("@releaseDomain");
    }

    /** Whether the domain can talk to xenstored. */
    public boolean isIntroduced(int domid) {
        return domid == 0 || introduced.contains(domid);
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    private void fire(StoreView.Change change) {
        List.copyOf(connections).forEach(connection -> connection.fire(change));
    }

    private void fireSpecial(String name) {
        List.copyOf(connections).forEach(connection -> connection.fireSpecial(name));
    }
}
