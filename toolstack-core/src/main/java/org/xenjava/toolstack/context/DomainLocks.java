// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.xenjava.toolstack.operation.OperationGate;

/**
 * One lock for each domain of this toolstack, held while a thread changes the domain; no two domains share one. Work
 * under a lock is calls to Xen and xenstored, never the copying of memory.
 */
public final class DomainLocks {
    /** Domids are 0 … 0x7FEF, so this stays small. */
    private final Map<Integer, Lock> locks = new ConcurrentHashMap<>();

    private final OperationGate gate;

    /** @param gate the holder of a lock is inside of an operation */
    public DomainLocks(OperationGate gate) {
        this.gate = gate;
    }

    private Lock of(int domid) {
        return locks.computeIfAbsent(domid, key -> gate.guarding(new ReentrantLock()));
    }

    /** Runs {@code work} while no other thread changes that domain. A thread may do so again inside of it. */
    public <T> T exclusively(int domid, Supplier<T> work) {
        Lock lock = of(domid);
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    /** Runs {@code work} unless another thread changes that domain now; answers whether it was run. */
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
