// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.error.OperationTimeoutException;

/**
 * Both watchdog timers of Xen, running. If the process ends without {@link #close}, Xen reboots the host.
 *
 * <p>A renewal sets one timer, and sets the other only after it has seen that the first was set in time. So one timer
 * always expires at the deadline of a renewal, even if this process is stopped for a long time between reading the
 * clock and setting a timer. Renewals take the timers in turn. Safe to use from many threads.
 */
public final class ArmedWatchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ArmedWatchdog.class);

    /** The longest time between reading the clock and the end of a call that sets a timer. */
    private static final Duration PROMPT = Duration.ofSeconds(1);

    private final HostContext context;
    private final InstantSource clock;
    private final Duration timeout;
    private Instant deadline;
    /** The index of the timer that surely expires at a deadline; the other one may be set. */
    private int trusted;

    private boolean closed;

    ArmedWatchdog(HostContext context, InstantSource clock, Duration timeout, Instant armed) {
        this.context = context;
        this.clock = clock;
        this.timeout = timeout;
        this.deadline = armed.plus(timeout);
    }

    /** {@return the present time of the clock that {@link #renew(Instant)} takes; it never jumps} */
    public Instant now() {
        return clock.instant();
    }

    /** Renews the watchdog: the timeout begins again, now. */
    public void renew() {
        renew(now());
    }

    /**
     * Renews the watchdog: the timeout begins at a moment in the past, such as that at which a lease was renewed.
     *
     * @param since a reading of {@link #now}
     * @throws OperationTimeoutException if less than a second of the timeout is left; the timers stay as they are
     */
    public synchronized void renew(Instant since) {
        requireOpen();
        Instant newDeadline = since.plus(timeout);
        context.attempting("renewing the watchdog", () -> {
            int other = 1 - trusted;
            while (!setPromptly(other, newDeadline)) {
                LOG.warn("setting a watchdog timer took longer than {}", PROMPT);
            }
            int second = trusted;
            trusted = other;
            deadline = newDeadline;
            int left = secondsUntil(newDeadline);
            if (left > 0) {
                set(second, left);
            }
            return deadline;
        });
    }

    /** {@return the time at which Xen reboots the host unless the watchdog is renewed, by the clock of {@link #now}} */
    public synchronized Instant deadline() {
        return deadline;
    }

    private boolean setPromptly(int index, Instant newDeadline) {
        Instant before = clock.instant();
        int seconds = secondsUntil(newDeadline);
        if (seconds < 1) {
            throw new OperationTimeoutException("renewing the watchdog: its timeout has passed");
        }
        set(index, seconds);
        return Duration.between(before, clock.instant()).compareTo(PROMPT) < 0;
    }

    private int secondsUntil(Instant moment) {
        return (int) Duration.between(clock.instant(), moment).toSeconds();
    }

    /**
     * Ends the renewals and leaves both timers running, so that a shutdown of the host that hangs ends in a reboot.
     *
     * @param time whole seconds until Xen reboots the host
     */
    public synchronized void leaveRunning(Duration time) {
        requireOpen();
        closed = true;
        setBoth((int) Math.max(1, time.toSeconds()));
        LOG.info("Xen reboots this host in {} s", time.toSeconds());
    }

    /** Stops both timers. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            setBoth(0);
            LOG.info("watchdog disarmed");
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the watchdog was closed");
        }
    }

    private void setBoth(int seconds) {
        context.attempting("setting the watchdog timers of domain 0", () -> {
            set(0, seconds);
            set(1, seconds);
            return seconds;
        });
    }

    private void set(int index, int seconds) {
        context.xenctrl().host().setWatchdog(HostWatchdog.TIMERS[index], seconds);
    }
}
