// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.time.Duration;
import java.time.Instant;

/** Waits between two readings. A test replaces it by virtual time. */
@FunctionalInterface
public interface Sleeper {
    void sleep(Duration time) throws InterruptedException;

    /** The time by a clock that never jumps; its zero is arbitrary. */
    default Instant now() {
        return Instant.EPOCH.plusNanos(System.nanoTime());
    }

    /** A sleeper for the calling thread that another thread can stop. */
    default Stoppable stoppable() {
        return new Stoppable(this);
    }

    /** The sleep of the thread that made this object. {@link #stop} ends the sleep and interrupts nothing else. */
    final class Stoppable {
        private final Sleeper sleeper;
        private final Thread thread = Thread.currentThread();
        private boolean sleeping;
        private boolean stopped;

        private Stoppable(Sleeper sleeper) {
            this.sleeper = sleeper;
        }

        public Instant now() {
            return sleeper.now();
        }

        /** Sleeps; false if stopped. A stopped sleeper returns at once. */
        public boolean sleep(Duration time) {
            synchronized (this) {
                if (stopped) {
                    return false;
                }
                sleeping = true;
            }
            try {
                sleeper.sleep(time);
                return true;
            } catch (InterruptedException e) {
                return false;
            } finally {
                synchronized (this) {
                    sleeping = false;
                }
            }
        }

        /** Ends the present sleep and all later ones. */
        public synchronized void stop() {
            stopped = true;
            if (sleeping) {
                thread.interrupt();
            }
        }
    }
}
