// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.progress.Cancellation;

/**
 * Counts the operations of one toolstack, so that its libraries are released only after the last one has ended: an
 * operation that copies from mapped guest memory while the mapping is removed would crash the process. Safe to use from
 * many threads; operations may nest.
 */
public final class OperationGate {
    private static final Logger LOG = LoggerFactory.getLogger(OperationGate.class);

    private final Runnable release;
    private final Set<Cancellation> cancellations = ConcurrentHashMap.newKeySet();
    private final ThreadLocal<Integer> depth = ThreadLocal.withInitial(() -> 0);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private int inside;
    private boolean closed;
    private boolean releasing;
    private boolean released;

    /**
     * Creates an open gate.
     *
     * @param release releases the libraries; called once
     */
    public OperationGate(Runnable release) {
        this.release = release;
    }

    /**
     * Runs one operation.
     *
     * @param <T> type of the result
     * @param operation the operation
     * @return the result of the operation
     * @throws XenUnavailableException if the toolstack is closed; the operation has not begun
     */
    public <T> T run(Supplier<T> operation) {
        enter();
        try {
            return operation.get();
        } finally {
            leave();
        }
    }

    /**
     * Runs one operation, as {@link #run(Supplier)} does, which {@link #close} cancels.
     *
     * @param <T> type of the result
     * @param cancellation cancels the operation
     * @param operation the operation
     * @return the result of the operation
     */
    public <T> T run(Cancellation cancellation, Supplier<T> operation) {
        return run(() -> {
            cancellations.add(cancellation);
            try {
                if (isClosed()) {
                    cancellation.cancel();
                }
                return operation.get();
            } finally {
                cancellations.remove(cancellation);
            }
        });
    }

    private void enter() {
        int outer = depth.get();
        if (outer == 0) {
            lock.lock();
            try {
                if (closed) {
                    throw new XenUnavailableException("the toolstack was closed; open another one");
                }
                inside++;
            } finally {
                lock.unlock();
            }
        }
        depth.set(outer + 1);
    }

    private void leave() {
        int left = depth.get() - 1;
        if (left > 0) {
            depth.set(left);
            return;
        }
        depth.remove();
        lock.lock();
        try {
            inside--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        releaseIfUnused();
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Refuses further operations, cancels those that can be cancelled, waits for the others and releases the
     * libraries. An operation that does not end within the limit releases them when it ends. A second call has no
     * effect.
     *
     * @param limit the longest time to wait; a thread that is inside an operation itself does not wait
     */
    public void close(Duration limit) {
        lock.lock();
        try {
            closed = true;
            cancellations.forEach(Cancellation::cancel);
            long nanos = depth.get() == 0 ? limit.toNanos() : 0;
            while (inside > 0 && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
            if (inside > 0) {
                LOG.warn("{} operations are still under way; the last one releases Xen's libraries", inside);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
        releaseIfUnused();
    }

    /**
     * Waits until the gate is closed and the libraries are released, without a limit; an interrupt does not end the wait.
     *
     * @throws IllegalStateException if the thread is inside an operation, which would wait for itself
     */
    public void awaitRelease() {
        if (depth.get() > 0) {
            throw new IllegalStateException("an operation cannot wait for its own end; call this method outside of it");
        }
        lock.lock();
        try {
            while (!released) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void releaseIfUnused() {
        lock.lock();
        try {
            if (!closed || releasing || inside > 0) {
                return;
            }
            releasing = true;
        } finally {
            lock.unlock();
        }
        try {
            release.run();
        } finally {
            lock.lock();
            try {
                released = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * {@return a lock whose holder counts as an operation}
     *
     * @param guarded the lock that it takes
     */
    public Lock guarding(Lock guarded) {
        return new Guarding(guarded);
    }

    private final class Guarding implements Lock {
        private final Lock guarded;

        Guarding(Lock guarded) {
            this.guarded = guarded;
        }

        @Override
        public void lock() {
            enter();
            guarded.lock();
        }

        @Override
        public void lockInterruptibly() throws InterruptedException {
            enter();
            try {
                guarded.lockInterruptibly();
            } catch (InterruptedException e) {
                leave();
                throw e;
            }
        }

        @Override
        public boolean tryLock() {
            enter();
            return keptIf(guarded.tryLock());
        }

        @Override
        public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
            enter();
            try {
                return keptIf(guarded.tryLock(time, unit));
            } catch (InterruptedException e) {
                leave();
                throw e;
            }
        }

        private boolean keptIf(boolean locked) {
            if (!locked) {
                leave();
            }
            return locked;
        }

        @Override
        public void unlock() {
            guarded.unlock();
            leave();
        }

        @Override
        public Condition newCondition() {
            return guarded.newCondition();
        }
    }
}
