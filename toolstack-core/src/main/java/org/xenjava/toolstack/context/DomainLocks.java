// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.xenjava.toolstack.operation.OperationGate;

/**
 * The locks of a toolstack's domains, one for each. A thread holds the lock of a domain while it changes the domain
 * by calls to Xen and xenstored. Of the operations that copy memory only a save holds the lock, so that no thread
 * resizes the domain or changes its devices meanwhile.
 */
public final class DomainLocks {
    /** Domids are 0 … 0x7FEF, so this stays small. */
    private final Map<Integer, Lock> locks = new ConcurrentHashMap<>();

    private final OperationGate gate;

    /** @param gate counts the holder of a lock as an operation */
    public DomainLocks(OperationGate gate) {
        this.gate = gate;
    }

    private Lock of(int domid) {
        return locks.computeIfAbsent(domid, key -> gate.guarding(new ReentrantLock()));
    }

    /** Runs {@code work} while no other thread changes that domain. Calls may nest. */
    public <T> T exclusively(int domid, Supplier<T> work) {
        Lock lock = of(domid);
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    /** Runs {@code work} unless another thread changes that domain now, and returns whether it ran. */
    public boolean tryExclusively(int domid, Runnable work) {
        Lock lock = of(domid);
        if (!lock.tryLock()) {
            return false;
        }
        try {
            work.run();
            return true;
        } finally {
            lock.unlock();
        }
    }
}
