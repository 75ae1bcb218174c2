// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.pod.PodGuard;

/** Calls a guard until there is nothing to wait for, time is up, or the process is told to end. */
public final class GuardLoop {
    /** How late a new domain is noticed, at most. */
    private static final Duration LONGEST_SLEEP = Duration.ofSeconds(5);

    private final PodGuard guard;
    private final Sleeper.Stoppable pauses;

    /** Why it ended. */
    public enum End {
        DECIDED,
        TIME_IS_UP,
        STOPPED
    }

    public GuardLoop(PodGuard guard, Sleeper sleeper) {
        this.guard = guard;
        this.pauses = sleeper.stoppable();
    }

    /** Until the guard has come to an end with every domain. */
    public End untilDecided(Duration patience) {
        return SignalShutdown.run(pauses::stop, () -> run(guard::decided, patience));
    }

    /** Until the process is told to end. */
    public void forLife() {
        SignalShutdown.run(pauses::stop, () -> run(() -> false, Duration.ofDays(36_500)));
    }

    private End run(BooleanSupplier finished, Duration patience) {
        Instant deadline = pauses.now().plus(patience);
        while (true) {
            guard.rescan();
            Duration next = guard.tick(pauses.now());
            if (finished.getAsBoolean()) {
                return End.DECIDED;
            }
            Duration left = Duration.between(pauses.now(), deadline);
            if (left.isNegative() || left.isZero()) {
                return End.TIME_IS_UP;
            }
            if (!pauses.sleep(shortest(next, left, LONGEST_SLEEP))) {
                return End.STOPPED;
            }
        }
    }

    private static Duration shortest(Duration a, Duration b, Duration c) {
        Duration shorter = a.compareTo(b) < 0 ? a : b;
        // Less than a millisecond would be no sleep at all.
        return (shorter.compareTo(c) < 0 ? shorter : c).plusMillis(1);
    }
}
