// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Times and limits of retries. The state is in memory only; a new process begins anew. */
final class RetrySchedule {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(2);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(5);

    private final SupervisionPolicy policy;
    private final Map<UUID, Instant> notBefore = new HashMap<>();
    private final Map<UUID, Run> runs = new HashMap<>();
    private final Map<UUID, Failures> failures = new HashMap<>();

    /**
     * A run of a guest.
     *
     * @param start time of the start
     * @param quickBefore number of consecutive quick runs before this one
     */
    private record Run(Instant start, int quickBefore) {}

    private record Failures(Instant first, Duration next) {}

    RetrySchedule(SupervisionPolicy policy) {
        this.policy = policy;
    }

    boolean isDue(UUID uuid, Instant now) {
        return !now.isBefore(notBefore.getOrDefault(uuid, Instant.MIN));
    }

    void postpone(UUID uuid, Instant at) {
        notBefore.put(uuid, at);
    }

    /** Time until the next retry is due; empty if none waits. */
    Optional<Duration> untilNext(Instant now) {
        notBefore.values().removeIf(at -> !at.isAfter(now));
        return notBefore.values().stream().min(Instant::compareTo).map(at -> Duration.between(now, at));
    }

    /** Whether a domain that stops now has reached the limit of consecutive quick runs. */
    boolean isLooping(UUID uuid, Instant now) {
        return quickRuns(uuid, now) >= policy.mostQuickRuns();
    }

    private int quickRuns(UUID uuid, Instant now) {
        return Optional.ofNullable(runs.get(uuid))
                .filter(run -> now.isBefore(run.start().plus(policy.quickRun())))
                .map(run -> run.quickBefore() + 1)
                .orElse(0);
    }

    /** Records that a domain has stopped and will be restarted. */
    void stopped(UUID uuid, Instant now) {
        runs.put(uuid, new Run(now, quickRuns(uuid, now)));
    }

    void started(UUID uuid, Instant now) {
        int quickBefore =
                Optional.ofNullable(runs.get(uuid)).map(Run::quickBefore).orElse(0);
        runs.put(uuid, new Run(now, quickBefore));
        failures.remove(uuid);
    }

    /** Records a failed start and returns the time until the next attempt; empty if the limit is reached. */
    Optional<Duration> failed(UUID uuid, Instant now) {
        Failures before = failures.getOrDefault(uuid, new Failures(now, FIRST_RETRY));
        Duration twice = before.next().multipliedBy(2);
        failures.put(uuid, new Failures(before.first(), twice.compareTo(LONGEST_RETRY) < 0 ? twice : LONGEST_RETRY));
        boolean over = now.plus(before.next()).isAfter(before.first().plus(policy.retryFor()));
        return over ? Optional.empty() : Optional.of(before.next());
    }

    void forget(UUID uuid) {
        notBefore.remove(uuid);
        runs.remove(uuid);
        failures.remove(uuid);
    }
}
