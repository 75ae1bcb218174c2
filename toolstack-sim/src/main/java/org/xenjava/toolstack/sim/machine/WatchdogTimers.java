// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.time.Duration;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The two watchdog timers of dom0. */
public final class WatchdogTimers {
    private static final int TIMERS = 2;

    private final VirtualTime time;
    private final Runnable expired;
    private final boolean[] used = new boolean[TIMERS];
    private final long[] settings = new long[TIMERS];

    /** @param expired runs when a timer expires */
    WatchdogTimers(VirtualTime time, Runnable expired) {
        this.time = time;
        this.expired = expired;
    }

    /**
     * Starts a free timer, sets one that is in use, or stops it.
     *
     * @param id 0 for a free timer; otherwise the timer
     * @param seconds until it expires; 0 stops a timer, and lets a new one expire at once
     * @return the id of a timer that was started; 0 for one that was in use
     */
    public long set(long id, long seconds) {
        if (id == 0) {
            return start(seconds);
        }
        if (id > TIMERS || !used[(int) id - 1]) {
            throw new XenRefusal(Errno.EINVAL);
        }
        int timer = (int) id - 1;
        if (seconds == 0) {
            used[timer] = false;
            settings[timer]++;
        } else {
            schedule(timer, seconds);
        }
        return 0;
    }

    private long start(long seconds) {
        for (int timer = 0; timer < TIMERS; timer++) {
            if (!used[timer]) {
                used[timer] = true;
                schedule(timer, seconds);
                return timer + 1L;
            }
        }
        throw new XenRefusal(Errno.ENOSPC);
    }

    private void schedule(int timer, long seconds) {
        long setting = ++settings[timer];
        time.after(Duration.ofSeconds(seconds), () -> {
            if (settings[timer] == setting) {
                expired.run();
            }
        });
    }
}
