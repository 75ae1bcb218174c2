// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.pod.PodGuard;

/** Calls a guard until every domain has a verdict, a timeout expires, or the process is told to end. */
public final class GuardLoop {
    /** The longest time until a new domain is detected. */
    private static final Duration LONGEST_SLEEP = Duration.ofSeconds(5);

    private final PodGuard guard;
    private final Sleeper.Stoppable pauses;

    /** The reason of the end. */
    public enum End {
        DECIDED,
        TIME_IS_UP,
        STOPPED
    }

    public GuardLoop(PodGuard guard, Sleeper sleeper) {
        this.guard = guard;
        this.pauses = sleeper.stoppable();
    }

    /** Runs until the guard has a verdict on every domain. */
    public End untilDecided(Duration patience) {
        return SignalShutdown.run(pauses::stop, () -> run(guard::decided, patience));
    }

    /** Runs until the process is told to end. */
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
        // A sleep of less than a millisecond is rounded to none.
        return (shorter.compareTo(c) < 0 ? shorter : c).plusMillis(1);
    }
}
