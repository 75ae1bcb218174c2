// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.xenjava.toolstack.sim.SimulatedXen;

/** Lets virtual time pass in a thread of its own, which a guest needs to suspend itself. */
public final class PassingTime {
    private static final long PAUSE_NANOS = 200_000;

    private PassingTime() {}

    /** Runs {@code work} while virtual time passes; a failure of the simulation fails the test. */
    public static void during(SimulatedXen xen, Runnable work) {
        AtomicBoolean over = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(() -> {
            while (!over.get()) {
                xen.advance(Duration.ofMillis(100));
                // The thread that saves needs the processor too.
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        });
        thread.setUncaughtExceptionHandler((ended, thrown) -> failure.set(thrown));
        thread.start();
        try {
            work.run();
        } finally {
            over.set(true);
            join(thread);
        }
        if (failure.get() != null) {
            throw new AssertionError("the simulation failed while time passed", failure.get());
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
