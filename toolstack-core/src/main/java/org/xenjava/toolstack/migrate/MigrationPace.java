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
 */
public record MigrationPace(OptionalLong bytesPerSecond, Optional<Duration> longestRest) {
    /** No limit, and at most five passes. */
    public static final MigrationPace STANDARD = new MigrationPace(OptionalLong.empty(), Optional.empty());

    /**
     * Checks that the numbers are positive.
     *
     * @param bytesPerSecond bytes that are sent each second at most while the guest runs
     * @param longestRest the longest time that the copy of the rest may be predicted to take
     * @throws ConfigException if one is not
     */
    public MigrationPace {
        if (bytesPerSecond.orElse(1) <= 0) {
            throw new ConfigException("the bandwidth of a migration is not positive: " + bytesPerSecond.getAsLong());
        }
        longestRest.filter(rest -> rest.isNegative() || rest.isZero()).ifPresent(rest -> {
            throw new ConfigException("the longest pause of a migration is not positive: " + rest.toMillis() + " ms");
        });
    }
}
