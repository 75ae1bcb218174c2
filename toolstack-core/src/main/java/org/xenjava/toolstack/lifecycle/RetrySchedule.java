// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** When something is to be tried again, and when no longer. What it remembers may be lost: then it begins anew. */
final class RetrySchedule {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(2);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(5);

    private final SupervisionPolicy policy;
    private final Map<UUID, Instant> notBefore = new HashMap<>();
    private final Map<UUID, Run> runs = new HashMap<>();
    private final Map<UUID, Failures> failures = new HashMap<>();

    /**
     * @param start when it was started again
     * @param quickBefore quick runs in a row before this one
     */
    private record Run(Instant start, int quickBefore) {}

    private record Failures(Instant first, Duration next) {}

    RetrySchedule(SupervisionPolicy policy) {
        this.policy = policy;
    }

    boolean isDue(UUID uuid, Instant now) {
        return !now.isBefore(notBefore.getOrDefault(uuid, Instant.MIN));
    }

    void lookAgain(UUID uuid, Instant at) {
        notBefore.put(uuid, at);
    }

    /** Time until the first of what waits is due; empty if nothing waits. */
    Optional<Duration> untilNext(Instant now) {
        notBefore.values().removeIf(at -> !at.isAfter(now));
        return notBefore.values().stream().min(Instant::compareTo).map(at -> Duration.between(now, at));
    }

    /** Whether a domain that stops now has done so too soon and too often. */
    boolean isLooping(UUID uuid, Instant now) {
        return quickRuns(uuid, now) >= policy.mostQuickRuns();
    }

    private int quickRuns(UUID uuid, Instant now) {
        return Optional.ofNullable(runs.get(uuid))
                .filter(run -> now.isBefore(run.start().plus(policy.quickRun())))
                .map(run -> run.quickBefore() + 1)
                .orElse(0);
    }

    /** It has stopped and is about to be started again. */
    void stopped(UUID uuid, Instant now) {
        runs.put(uuid, new Run(now, quickRuns(uuid, now)));
    }

    void started(UUID uuid, Instant now) {
        int quickBefore =
                Optional.ofNullable(runs.get(uuid)).map(Run::quickBefore).orElse(0);
        runs.put(uuid, new Run(now, quickBefore));
        failures.remove(uuid);
    }

    /** A start has failed: the time until the next attempt; empty if there is to be none. */
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
