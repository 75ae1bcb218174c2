// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.xenjava.toolstack.error.ConfigException;

/**
 * The pace of a migration.
 *
 * @param bytesPerSecond bytes that are sent each second at most while the guest runs; empty for no limit. What is left when
 *     the guest is suspended is sent without a limit
 * @param longestRest the longest time that the copy of the rest may be predicted to take when the guest is suspended.
 *     Passes over the memory are repeated until the prediction is that short, at most 30; then the guest stays. If it is
 *     empty, the guest is suspended after at most five passes
 * @param autoConverge whether the guest is slowed down if it writes too much for the longest rest: after each pass that leaves
 *     more than half of the pages, the cap on its vCPUs is halved, to 5 % of a CPU at least. It has its own cap again when the
 *     migration ends in any way, and on the other host. The scheduler of its pool has to be credit or credit2
 */
public record MigrationPace(OptionalLong bytesPerSecond, Optional<Duration> longestRest, boolean autoConverge) {
    /** No limit, and at most five passes. */
    public static final MigrationPace STANDARD = new MigrationPace(OptionalLong.empty(), Optional.empty());

    /**
     * A pace at which no guest is slowed down.
     *
     * @param bytesPerSecond bytes that are sent each second at most while the guest runs
     * @param longestRest the longest time that the copy of the rest may be predicted to take
     */
    public MigrationPace(OptionalLong bytesPerSecond, Optional<Duration> longestRest) {
        this(bytesPerSecond, longestRest, false);
    }

    /**
     * Checks that the numbers are positive, and that a guest is slowed down only for a longest rest.
     *
     * @param bytesPerSecond bytes that are sent each second at most while the guest runs
     * @param longestRest the longest time that the copy of the rest may be predicted to take
     * @param autoConverge whether the guest is slowed down if it writes too much for the longest rest
     * @throws ConfigException if that is not so
     */
    public MigrationPace {
        if (bytesPerSecond.orElse(1) <= 0) {
            throw new ConfigException("the bandwidth of a migration is not positive: " + bytesPerSecond.getAsLong());
        }
        longestRest.filter(rest -> rest.isNegative() || rest.isZero()).ifPresent(rest -> {
            throw new ConfigException("the longest pause of a migration is not positive: " + rest.toMillis() + " ms");
        });
        if (autoConverge && longestRest.isEmpty()) {
            throw new ConfigException("a guest is slowed down only for a longest pause, and none is given");
        }
    }
}
