// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * What a supervisor looks after, and how patient it is.
 *
 * @param only the domain that it looks after; if it is empty, every domain that this library has built
 * @param quickRun a guest that stops within this time of its restart has run quickly; zero for none
 * @param mostQuickRuns so many quick runs in a row, then the guest is kept as it is instead of restarted. xl has no
 *     such limit; xend had one, and destroyed a guest that restarted within 20, later 60 seconds
 * @param retryFor so long is a restart that fails tried again, at growing intervals
 * @param dumps where {@code coredump-destroy} and {@code coredump-restart} put a file named like the domain
 */
public record SupervisionPolicy(
        Optional<UUID> only, Duration quickRun, int mostQuickRuns, Duration retryFor, Path dumps) {
    private static final SupervisionPolicy STANDARD = new SupervisionPolicy(
            Optional.empty(), Duration.ofSeconds(10), 5, Duration.ofHours(1), Path.of("/var/lib/xen/dump"));

    /** {@return every domain; five quick runs of at most 10 s; an hour of attempts; xl's {@code /var/lib/xen/dump}} */
    public static SupervisionPolicy standard() {
        return STANDARD;
    }

    /**
     * {@return one domain only, and through all its restarts; other supervisors then leave it alone from the beginning}
     */
    public SupervisionPolicy only(UUID uuid) {
        return new SupervisionPolicy(Optional.of(uuid), quickRun, mostQuickRuns, retryFor, dumps);
    }

    /** {@return another idea of what a loop of restarts is} */
    public SupervisionPolicy withLoopLimit(Duration newQuickRun, int newMostQuickRuns) {
        return new SupervisionPolicy(only, newQuickRun, newMostQuickRuns, retryFor, dumps);
    }

    /** {@return another time for which failing restarts are tried again} */
    public SupervisionPolicy withRetryFor(Duration newRetryFor) {
        return new SupervisionPolicy(only, quickRun, mostQuickRuns, newRetryFor, dumps);
    }

    /** {@return another directory for core dumps} */
    public SupervisionPolicy withDumps(Path newDumps) {
        return new SupervisionPolicy(only, quickRun, mostQuickRuns, retryFor, newDumps);
    }

    boolean includes(UUID uuid) {
        return only.map(uuid::equals).orElse(true);
    }
}
