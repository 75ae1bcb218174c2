// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.cli.command.Caller;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.service.TickingService;

/** Runs a guard in the foreground until every domain has a verdict, a timeout expires, or the process is told to end. */
public final class GuardLoop {
    private static final Duration FOREVER = Duration.ofDays(36_500);

    /** The longest time until a new domain is detected. */
    private static final Duration LONGEST_SLEEP = Duration.ofSeconds(5);

    /** A failure ends the command. */
    private static final TickingService.Settings SETTINGS = new TickingService.Settings(
            "guard",
            Thread::new,
            failure -> {
                throw failure;
            },
            Duration.ZERO);

    private final PodGuard guard;
    private final Sleeper.Stoppable pauses;
    private final Caller caller;

    /** The reason of the end. */
    public enum End {
        DECIDED,
        TIME_IS_UP,
        STOPPED
    }

    public GuardLoop(PodGuard guard, Session session) {
        this.guard = guard;
        this.pauses = session.sleeper().stoppable();
        this.caller = session.caller();
    }

    /**
     * Runs until the guard has a verdict on every domain.
     *
     * @param timeout the longest time; empty for no limit
     */
    public End untilDecided(Optional<Duration> timeout) {
        return run(guard::decided, timeout.orElse(FOREVER));
    }

    /** Runs until the process is told to end. */
    public void forLife() {
        run(() -> false, FOREVER);
    }

    private End run(BooleanSupplier finished, Duration timeout) {
        Work work = new Work(finished, pauses.now().plus(timeout));
        return caller.untilStopped(pauses::stop, () -> {
            TickingService.run(SETTINGS, work, pauses::now, next -> work.end.isEmpty() && pauses.sleep(next));
            return work.end.orElse(End.STOPPED);
        });
    }

    private final class Work implements TickingService.Work {
        private final BooleanSupplier finished;
        private final Instant deadline;
        private Optional<End> end = Optional.empty();

        Work(BooleanSupplier finished, Instant deadline) {
            this.finished = finished;
            this.deadline = deadline;
        }

        @Override
        public Duration tick(InstantSource clock) {
            guard.rescan();
            Duration next = guard.tick(clock.instant());
            Duration left = Duration.between(clock.instant(), deadline);
            if (finished.getAsBoolean()) {
                end = Optional.of(End.DECIDED);
            } else if (left.isNegative() || left.isZero()) {
                end = Optional.of(End.TIME_IS_UP);
            }
            // A sleep of less than a millisecond is rounded to none.
            return Collections.min(List.of(next, left, LONGEST_SLEEP)).plusMillis(1);
        }
    }
}
