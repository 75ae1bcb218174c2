// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import java.util.function.LongToIntFunction;

/**
 * An open library: its native handle, and the memory that was got through it. Calls in flight keep it open and no
 * call begins once it closes, so that a late caller meets an {@link IllegalStateException} and never a dangling
 * pointer.
 */
final class Handle implements AutoCloseable {
    private final String library;
    private final long address;
    private final Runnable wakeWaiters;
    private final LongConsumer closer;
    private final ReadWriteLock calls = new ReentrantReadWriteLock();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final Set<NativeMemory> memory = ConcurrentHashMap.newKeySet();

    /**
     * @param library its name, for messages
     * @param address what the library's open function returned
     * @param wakeWaiters makes calls that wait for an event return soon; run before closing waits for them
     * @param closer the library's close function
     */
    Handle(String library, long address, Runnable wakeWaiters, LongConsumer closer) {
        this.library = library;
        this.address = address;
        this.wakeWaiters = wakeWaiters;
        this.closer = closer;
    }

    /** Runs a native call on the handle. */
    <T> T use(LongFunction<T> call) {
        calls.readLock().lock();
        try {
            requireOpen();
            return call.apply(address);
        } finally {
            calls.readLock().unlock();
        }
    }

    /** Runs a native call whose result is an int. */
    int useForInt(LongToIntFunction call) {
        calls.readLock().lock();
        try {
            requireOpen();
            return call.applyAsInt(address);
        } finally {
            calls.readLock().unlock();
        }
    }

    /** Runs a native call that has no result. */
    void useFor(LongConsumer call) {
        calls.readLock().lock();
        try {
            requireOpen();
            call.accept(address);
        } finally {
            calls.readLock().unlock();
        }
    }

    /**
     * Takes charge of memory that a call in progress has just got.
     *
     * @param release given this handle, gives the memory back
     */
    NativeMemory adopt(long memoryAddress, long bytes, LongConsumer release) {
        NativeMemory adopted = new NativeMemory(this, memoryAddress, bytes, release);
        memory.add(adopted);
        return adopted;
    }

    boolean owns(NativeMemory candidate) {
        return memory.contains(candidate);
    }

    /** Gives memory back, unless that was done before, by the closing of this handle for instance. */
    void release(NativeMemory released) {
        calls.readLock().lock();
        try {
            if (memory.remove(released)) {
                released.release(address);
            }
        } finally {
            calls.readLock().unlock();
        }
    }

    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        wakeWaiters.run();
        calls.writeLock().lock();
        try {
            memory.forEach(this::release);
            closer.accept(address);
        } finally {
            calls.writeLock().unlock();
        }
    }

    private void requireOpen() {
        if (closing.get()) {
            throw new IllegalStateException(library + " is closed");
        }
    }
}
