// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.time.Duration;
import java.time.Instant;

/** Sleep of the thread that has made it, which another thread may end; nothing else that it does is interrupted. */
final class Pauses {
    private final Sleeper sleeper;
    private final Thread thread = Thread.currentThread();
    private boolean sleeping;
    private boolean stopped;

    Pauses(Sleeper sleeper) {
        this.sleeper = sleeper;
    }

    Instant now() {
        return sleeper.now();
    }

    /** False if it was ended, and from then on. */
    boolean sleep(Duration time) {
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

    synchronized void stop() {
        stopped = true;
        if (sleeping) {
            thread.interrupt();
        }
    }
}
