// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.function.Supplier;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.wire.ReconnectPolicy;
import org.xenjava.toolstack.xenctrl.lib.wire.WireTransport;
import org.xenjava.toolstack.xenctrl.lib.wire.WireXenStore;

/** The simulated xenstored: the tree, its connections, and the domains introduced to it. */
public final class XenStored {
    private final Lock lock;
    private final DomainLink domains;
    private final StoreTree tree = new StoreTree(this::fire);
    private final List<StoreConnection> connections = new ArrayList<>();

    /** The domains introduced, each with its event channel. */
    private final SortedMap<Integer, Integer> introduced = new TreeMap<>();

    /** The domains whose shutdown was reported. Until it is resumed, a domain's next shutdown is not. */
    private final Set<Integer> shutDown = new HashSet<>();

    private final List<Runnable> writers = new ArrayList<>();
    private boolean running = true;

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

    /**
     * Opens a connection for a process of dom0, which has every permission, through xenstored's wire protocol.
     *
     * @throws XenLibException {@code xs_open} with ECONNREFUSED if xenstored does not run
     */
    public XenStore connectProcess() {
        return WireXenStore.open(this::accept, "the simulated machine", ReconnectPolicy.impatient());
    }

    /**
     * Accepts a connection through the wire protocol.
     *
     * @throws XenLibException {@code xs_open} with ECONNREFUSED if xenstored does not run
     */
    public WireTransport accept(WireTransport.Receiver client) {
        return new StoreWire(this, client);
    }

    /** A connection that ends when xenstored stops. */
    StoreConnection connectProcess(Runnable onLoss) {
        return locked(() -> {
            if (!running) {
                throw new XenLibException("xs_open", Errno.ECONNREFUSED);
            }
            return connect(0, Optional.of(onLoss));
        });
    }

    /**
     * Opens a connection for the kernel of a domain. The kernel keeps its connection when xenstored stops, and registers
     * its watches anew when xenstored starts.
     */
    public StoreConnection connectKernel(int domid) {
        return locked(() -> connect(domid, Optional.empty()));
    }

    private StoreConnection connect(int domid, Optional<Runnable> onLoss) {
        StoreConnection connection = new StoreConnection(this, domid, onLoss);
        connections.add(connection);
        return connection;
    }

    /** Stops xenstored as a crash does: processes lose their connections with all watches and transactions. */
    public void stop() {
        locked(() -> {
            requireRunning(Errno.ESRCH);
            running = false;
            introduced.keySet().forEach(domains::disconnect);
            List.copyOf(connections).forEach(StoreConnection::lose);
            return this;
        });
    }

    /** Ends every connection for good, because the computer reboots. */
    public void end() {
        locked(() -> {
            running = false;
            List.copyOf(connections).forEach(StoreConnection::lose);
            return this;
        });
    }

    /** Starts xenstored again with the nodes and the introduced domains that it had, except those that have died. */
    public void start() {
        locked(() -> {
            running = true;
            introduced.entrySet().removeIf(domain -> !reconnects(domain.getKey(), domain.getValue()));
            List.copyOf(connections).forEach(StoreConnection::resume);
            return this;
        });
    }

    /**
     * Starts xenstored again without nodes and without introduced domains.
     *
     * @param initialTree writes the nodes that are there after a boot
     */
    public void startEmpty(Runnable initialTree) {
        locked(() -> {
            running = true;
            introduced.clear();
            tree.clear();
            initialTree.run();
            List.copyOf(connections).forEach(StoreConnection::resume);
            return this;
        });
    }

    private boolean reconnects(int domid, int port) {
        try {
            domains.connect(domid, port);
            return true;
        } catch (StoreRefusal gone) {
            return false;
        }
    }

    /**
     * Adds a writer whose requests come between any two requests of dom0's processes, as those of a guest that writes
     * at full speed.
     */
    public void addWriter(Runnable writer) {
        writers.add(writer);
    }

    /** Removes a writer. */
    public void removeWriter(Runnable writer) {
        writers.remove(writer);
    }

    void letOthersWrite() {
        List.copyOf(writers).forEach(Runnable::run);
    }

    boolean isRunning() {
        return running;
    }

    void requireRunning(Errno otherwise) {
        if (!running) {
            throw new StoreRefusal(otherwise);
        }
    }

    /** Reacts to a domain that has shut down. */
    public void domainChanged(int domid) {
        locked(() -> {
            if (running && introduced.containsKey(domid) && shutDown.add(domid)) {
                fireSpecial("@releaseDomain");
            }
            return this;
        });
    }

    /** Forgets a domain that was destroyed. */
    public void domainDied(int domid) {
        locked(() -> {
            shutDown.remove(domid);
            if (running && introduced.remove(domid) != null) {
                domains.disconnect(domid);
                fireSpecial("@releaseDomain");
            }
            return this;
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
        boolean again = introduced.containsKey(domid);
        if (again) {
            domains.disconnect(domid);
        }
        domains.connect(domid, port);
        introduced.put(domid, port);
        if (!again) {
            fireSpecial("@introduceDomain");
        }
    }

    void resume(int domid) {
        if (!introduced.containsKey(domid)) {
            throw new StoreRefusal(Errno.ENOENT);
        }
        shutDown.remove(domid);
    }

    void release(int domid) {
        if (introduced.remove(domid) == null) {
            throw new StoreRefusal(Errno.ENOENT);
        }
        domains.disconnect(domid);
        fireSpecial("@releaseDomain");
    }

    /** Whether the domain was introduced, so that its requests reach xenstored. */
    public boolean isIntroduced(int domid) {
        return running && (domid == 0 || introduced.containsKey(domid));
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
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
