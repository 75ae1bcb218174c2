// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/** One domain's connection to the simulated xenstored. */
public final class StoreConnection implements XenStore {
    private final XenStored daemon;
    private final int domid;
    private final Condition watchFired;
    private final Map<Integer, TransactionView> transactions = new HashMap<>();
    private final List<Watch> watches = new ArrayList<>();
    private final Deque<XenStoreWatchEvent> events = new ArrayDeque<>();
    private int lastTransaction;
    private boolean waitEnded;
    private final Optional<Runnable> onLoss;
    private Optional<Errno> unusable = Optional.empty();

    /** A registered watch, with its path as given and in absolute form. */
    private record Watch(String path, String absolute, String token, Consumer<XenStoreWatchEvent> sink) {}

    /**
     * Connects a domain.
     *
     * @param onLoss called when xenstored stops, with which the connection ends, as that of a process through a socket;
     *     empty for a connection that resumes with its watches when xenstored starts, as that of a kernel
     */
    StoreConnection(XenStored daemon, int domid, Optional<Runnable> onLoss) {
        this.daemon = daemon;
        this.domid = domid;
        this.onLoss = onLoss;
        this.watchFired = daemon.lock().newCondition();
    }

    @Override
    public byte[] read(int transaction, String path) {
        return call("xs_read", () -> ops(transaction).read(absolute(path)));
    }

    @Override
    public void write(int transaction, String path, byte[] value) {
        run("xs_write", () -> ops(transaction).write(absolute(path), value));
    }

    @Override
    public void mkdir(int transaction, String path) {
        run("xs_mkdir", () -> ops(transaction).mkdir(absolute(path)));
    }

    @Override
    public void rm(int transaction, String path) {
        run("xs_rm", () -> ops(transaction).rm(absolute(path)));
    }

    @Override
    public List<String> directory(int transaction, String path) {
        return call("xs_directory", () -> ops(transaction).directory(absolute(path)));
    }

    @Override
    public List<XenStorePermission> getPermissions(int transaction, String path) {
        return call("xs_get_permissions", () -> ops(transaction).permissions(absolute(path)));
    }

    @Override
    public void setPermissions(int transaction, String path, List<XenStorePermission> permissions) {
        run("xs_set_permissions", () -> ops(transaction).setPermissions(absolute(path), permissions));
    }

    @Override
    public int transactionStart() {
        return call("xs_transaction_start", () -> {
            transactions.put(++lastTransaction, new TransactionView(daemon.tree()));
            return lastTransaction;
        });
    }

    @Override
    public void transactionCommit(int transaction) {
        run("xs_transaction_end", () -> end(transaction).commit());
    }

    @Override
    public void transactionAbort(int transaction) {
        run("xs_transaction_end", () -> end(transaction));
    }

    private TransactionView end(int transaction) {
        return Optional.ofNullable(transactions.remove(transaction)).orElseThrow(() -> new StoreRefusal(Errno.ENOENT));
    }

    @Override
    public void watch(String path, String token) {
        watch(path, token, event -> {
            events.add(event);
            watchFired.signalAll();
        });
    }

    /**
     * Registers a watch that calls a sink, under the simulated machine's lock, instead of queueing events. While
     * xenstored is stopped, the watch of a kernel is registered for its next start.
     */
    public void watch(String path, String token, Consumer<XenStoreWatchEvent> sink) {
        locked("xs_watch", () -> {
            requireOpen();
            if (onLoss.isPresent()) {
                daemon.requireRunning(Errno.EIO);
            }
            boolean special = path.startsWith("@");
            Watch watch = new Watch(path, special ? path : absolute(path), token, sink);
            if (find(path, token).isPresent()) {
                throw new StoreRefusal(Errno.EEXIST);
            }
            watches.add(watch);
            if (daemon.isRunning()) {
                sink.accept(new XenStoreWatchEvent(path, token));
            }
            return watch;
        });
    }

    @Override
    public void unwatch(String path, String token) {
        run("xs_unwatch", () -> {
            Watch watch = find(path, token).orElseThrow(() -> new StoreRefusal(Errno.ENOENT));
            watches.remove(watch);
            events.removeIf(event -> event.token().equals(token) && event.path().startsWith(path));
        });
    }

    private Optional<Watch> find(String path, String token) {
        return watches.stream()
                .filter(watch -> watch.path().equals(path) && watch.token().equals(token))
                .findFirst();
    }

    @Override
    public Optional<XenStoreWatchEvent> readWatch(Duration timeout) {
        if (onLoss.isPresent()) {
            return call("xs_read_watch", () -> awaitEvent(timeout));
        }
        // The wait of a kernel goes on while xenstored is stopped.
        return locked("xs_read_watch", () -> {
            requireOpen();
            return awaitEvent(timeout);
        });
    }

    private Optional<XenStoreWatchEvent> awaitEvent(Duration timeout) {
        try {
            long nanos = timeout.toNanos();
            while (events.isEmpty() && !waitEnded && nanos > 0) {
                nanos = watchFired.awaitNanos(nanos);
                requireOpen();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        waitEnded = false;
        return Optional.ofNullable(events.poll());
    }

    @Override
    public void endReadWatch() {
        daemon.lock().lock();
        try {
            waitEnded = true;
            watchFired.signalAll();
        } finally {
            daemon.lock().unlock();
        }
    }

    @Override
    public void introduceDomain(int newDomid, long gfn, int port) {
        run("xs_introduce_domain", () -> {
            requirePrivilege();
            daemon.introduce(newDomid, port);
        });
    }

    @Override
    public void releaseDomain(int oldDomid) {
        run("xs_release_domain", () -> {
            requirePrivilege();
            daemon.release(oldDomid);
        });
    }

    @Override
    public void resumeDomain(int stoppedDomid) {
        run("xs_resume_domain", () -> {
            requirePrivilege();
            daemon.resume(stoppedDomid);
        });
    }

    @Override
    public boolean isDomainIntroduced(int someDomid) {
        return call("xs_is_domain_introduced", () -> daemon.isIntroduced(someDomid));
    }

    @Override
    public String getDomainPath(int someDomid) {
        return call("xs_get_domain_path", () -> XenStored.home(someDomid));
    }

    @Override
    public void close() {
        daemon.lock().lock();
        try {
            end(Errno.EBADF);
        } finally {
            daemon.lock().unlock();
        }
    }

    /** Reacts to the end of xenstored. */
    void lose() {
        transactions.clear();
        onLoss.ifPresent(listener -> {
            events.clear();
            end(Errno.EPIPE);
            listener.run();
        });
    }

    private void end(Errno errno) {
        unusable = Optional.of(errno);
        watches.clear();
        daemon.disconnect(this);
        watchFired.signalAll();
    }

    /** Registers the watches anew with a xenstored that has started, upon which each fires. */
    void resume() {
        List.copyOf(watches).forEach(watch -> watch.sink().accept(new XenStoreWatchEvent(watch.path(), watch.token())));
    }

    /** Delivers a change to the watches whose paths it affects. */
    void fire(StoreView.Change change) {
        for (Watch watch : List.copyOf(watches)) {
            if (StorePath.isAtOrBelow(change.path(), watch.absolute())) {
                deliver(watch, change.path());
            } else if (change.removed() && StorePath.isAtOrBelow(watch.absolute(), change.path())) {
                deliver(watch, watch.absolute());
            }
        }
    }

    /** Delivers a special event, whose name starts with @. */
    void fireSpecial(String name) {
        for (Watch watch : List.copyOf(watches)) {
            if (watch.absolute().equals(name)) {
                watch.sink().accept(new XenStoreWatchEvent(name, watch.token()));
            }
        }
    }

    private void deliver(Watch watch, String absolute) {
        boolean mayKnow = daemon.tree()
                .find(absolute)
                .map(node -> node.allows(domid, XenStorePermission.READ))
                .orElse(true);
        if (mayKnow) {
            boolean relative = !watch.path().equals(watch.absolute());
            String home = XenStored.home(domid) + "/";
            String path = relative && absolute.startsWith(home) ? absolute.substring(home.length()) : absolute;
            watch.sink().accept(new XenStoreWatchEvent(path, watch.token()));
        }
    }

    private StoreOps ops(int transaction) {
        if (transaction == NO_TRANSACTION) {
            return new StoreOps(daemon.tree(), domid);
        }
        TransactionView open =
                Optional.ofNullable(transactions.get(transaction)).orElseThrow(() -> new StoreRefusal(Errno.ENOENT));
        return new StoreOps(open, domid);
    }

    private String absolute(String path) {
        return StorePath.absolute(path, XenStored.home(domid));
    }

    private void requirePrivilege() {
        if (domid != 0) {
            throw new StoreRefusal(Errno.EACCES);
        }
    }

    private void requireOpen() {
        unusable.ifPresent(errno -> {
            throw new StoreRefusal(errno);
        });
    }

    private void run(String function, Runnable request) {
        call(function, () -> {
            request.run();
            return 0;
        });
    }

    private <T> T call(String function, Supplier<T> request) {
        return locked(function, () -> {
            requireOpen();
            daemon.requireRunning(Errno.EIO);
            if (onLoss.isPresent()) {
                daemon.letOthersWrite();
            }
            return request.get();
        });
    }

    private <T> T locked(String function, Supplier<T> action) {
        daemon.lock().lock();
        try {
            return action.get();
        } catch (StoreRefusal refusal) {
            throw new XenLibException(function, refusal.errno());
        } finally {
            daemon.lock().unlock();
        }
    }
}
