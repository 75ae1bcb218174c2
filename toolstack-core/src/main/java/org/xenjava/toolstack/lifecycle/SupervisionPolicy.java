// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * The domains and the limits of a supervisor.
 *
 * @param only the domain to supervise; if it is empty, every domain that this library has built
 * @param quickRun a guest that stops within this time of its restart has run quickly; zero disables the limit
 * @param mostQuickRuns number of consecutive quick runs after which the guest is preserved instead of restarted. xl
 *     has no such limit; xend had one, and destroyed a guest that restarted within 20, later 60 seconds
 * @param retryFor time for which a failing restart is tried again, at growing intervals
 * @param dumps directory in which {@code coredump-destroy} and {@code coredump-restart} write a file named like the
 *     domain
 */
public record SupervisionPolicy(
        Optional<UUID> only, Duration quickRun, int mostQuickRuns, Duration retryFor, Path dumps) {
    private static final SupervisionPolicy STANDARD = new SupervisionPolicy(
            Optional.empty(), Duration.ofSeconds(10), 5, Duration.ofHours(1), Path.of("/var/lib/xen/dump"));

    /**
     * {@return the default: every domain; five quick runs of at most 10 s; retries for an hour; xl's directory {@code
     * /var/lib/xen/dump}}
     */
    public static SupervisionPolicy standard() {
        return STANDARD;
    }

    /**
     * {@return the same policy for one domain through all its restarts; other supervisors leave it alone from the
     * beginning}
     *
     * @param uuid UUID of the domain
     */
    public SupervisionPolicy only(UUID uuid) {
        return new SupervisionPolicy(Optional.of(uuid), quickRun, mostQuickRuns, retryFor, dumps);
    }

    /**
     * {@return the same policy with another limit on restarts}
     *
     * @param newQuickRun a guest that stops within this time of its restart has run quickly; zero disables the limit
     * @param newMostQuickRuns number of consecutive quick runs after which the guest is preserved
     */
    public SupervisionPolicy withLoopLimit(Duration newQuickRun, int newMostQuickRuns) {
        return new SupervisionPolicy(only, newQuickRun, newMostQuickRuns, retryFor, dumps);
    }

    /**
     * {@return the same policy with another time for retries}
     *
     * @param newRetryFor time for which a failing restart is tried again
     */
    public SupervisionPolicy withRetryFor(Duration newRetryFor) {
        return new SupervisionPolicy(only, quickRun, mostQuickRuns, newRetryFor, dumps);
    }

    /**
     * {@return the same policy with another directory for core dumps}
     *
     * @param newDumps the directory
     */
    public SupervisionPolicy withDumps(Path newDumps) {
        return new SupervisionPolicy(only, quickRun, mostQuickRuns, retryFor, newDumps);
    }

    boolean includes(UUID uuid) {
        return only.map(uuid::equals).orElse(true);
    }
}
