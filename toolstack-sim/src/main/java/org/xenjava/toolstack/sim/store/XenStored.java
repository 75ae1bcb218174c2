// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The simulated xenstored: the tree, its connections, and the domains introduced to it. */
public final class XenStored {
    private final Lock lock;
    private final DomainLink domains;
    private final StoreTree tree = new StoreTree(this::fire);
    private final List<StoreConnection> connections = new ArrayList<>();
    private final Set<Integer> introduced = new HashSet<>();

    /** xenstored's access to domains. */
    public interface DomainLink {
        /**
         * Maps the ring through grant reference 1 and binds the event channel.
         *
         * @throws StoreRefusal if either is not possible
         */
        void connect(int domid, int port);

        /** Unmaps the ring and closes xenstored's end of the event channel. */
        void disconnect(int domid);
    }

    /**
     * Starts an empty xenstored.
     *
     * @param lock the simulated machine's lock
     * @param domains access to domains
     */
    public XenStored(Lock lock, DomainLink domains) {
        this.lock = lock;
        this.domains = domains;
    }

    /** The path of a domain's own nodes. */
    public static String home(int domid) {
        return "/local/domain/" + domid;
    }

    /** Opens a connection for that domain. Connections of dom0 have every permission. */
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

    /** Reacts to a domain that has shut down. */
    public void domainChanged(int domid) {
        locked(() -> {
            if (introduced.contains(domid)) {
                fireSpecial("@releaseDomain");
            }
        });
    }

    /** Forgets a domain that was destroyed. */
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

    /** Whether the domain was introduced, so that its requests reach xenstored. */
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
