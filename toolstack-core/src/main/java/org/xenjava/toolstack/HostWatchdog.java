// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * The watchdog of Xen, which reboots the host if the control domain stops setting it. It needs nothing of the control
 * domain: the host reboots although its kernel hangs or the process that renews the watchdog is stopped. Xen has two
 * timers for each domain, and an {@link ArmedWatchdog} uses both. Safe to use from many threads.
 */
public final class HostWatchdog {
    /** Xen's timers. */
    static final int[] TIMERS = {1, 2};

    private static final Logger LOG = LoggerFactory.getLogger(HostWatchdog.class);
    private static final Duration SHORTEST = Duration.ofSeconds(2);
    private static final Duration LONGEST = Duration.ofDays(1);

    private final HostContext context;
    private final InstantSource clock;

    /** @param clock never jumps */
    HostWatchdog(HostContext context, InstantSource clock) {
        this.context = context;
        this.clock = clock;
    }

    /**
     * Starts both timers.
     *
     * @param timeout whole seconds, 2 s to a day; Xen reboots the host when they have passed without a renewal
     * @return the watchdog, which the caller renews or closes
     * @throws DomainStateException if one of the timers is in use
     */
    public ArmedWatchdog arm(Duration timeout) {
        int seconds = seconds(timeout);
        return starting(timeout, () -> {
            int first = start(seconds);
            try {
                start(seconds);
            } catch (RuntimeException e) {
                set(first, 0);
                throw e;
            }
        });
    }

    /**
     * Sets both timers, started or not, in place of a process that has ended without closing its watchdog.
     *
     * @param timeout as for {@link #arm}
     * @return the watchdog, which the caller renews or closes
     */
    public ArmedWatchdog takeOver(Duration timeout) {
        int seconds = seconds(timeout);
        return starting(timeout, () -> {
            int missing = 0;
            for (int timer : TIMERS) {
                missing += isSet(timer, seconds) ? 0 : 1;
            }
            for (; missing > 0; missing--) {
                start(seconds);
            }
        });
    }

    /** Stops both timers, whoever has started them. The host no longer reboots by itself. */
    public void disarm() {
        context.attempting("stopping the watchdog timers of domain 0", () -> {
            for (int timer : TIMERS) {
                isSet(timer, 0);
            }
            LOG.info("watchdog disarmed");
            return TIMERS;
        });
    }

    private ArmedWatchdog starting(Duration timeout, Runnable work) {
        return context.attempting("starting the watchdog timers of domain 0", () -> {
            Instant now = clock.instant();
            work.run();
            ArmedWatchdog armed = new ArmedWatchdog(context, clock, timeout, now);
            try {
                armed.renew(now);
            } catch (OperationTimeoutException e) {
                armed.close();
                throw e;
            }
            LOG.info("watchdog armed: Xen reboots this host after {} s without a renewal", timeout.toSeconds());
            return armed;
        });
    }

    private int start(int seconds) {
        try {
            return context.xenctrl().host().startWatchdog(seconds);
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ENOSPC)) {
                throw new DomainStateException(
                        "both watchdog timers of domain 0 are in use: another process renews them, or has ended and left"
                                + " them running");
            }
            throw e;
        }
    }

    private void set(int timer, int seconds) {
        context.xenctrl().host().setWatchdog(timer, seconds);
    }

    /** Sets a timer that runs; false if it does not run. */
    private boolean isSet(int timer, int seconds) {
        try {
            set(timer, seconds);
            return true;
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.EINVAL)) {
                return false;
            }
            throw e;
        }
    }

    private static int seconds(Duration timeout) {
        if (timeout.compareTo(SHORTEST) < 0 || timeout.compareTo(LONGEST) > 0 || timeout.getNano() != 0) {
            throw new ConfigException(
                    "the timeout of the watchdog is a number of seconds from 2 to 86400, not " + timeout);
        }
        return (int) timeout.toSeconds();
    }
}
