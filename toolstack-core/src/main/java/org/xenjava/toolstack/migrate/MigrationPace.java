// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.stream.framed.Join;

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
 * @param streams the number of links that carry pages at once, from 1 to {@value #MOST_STREAMS}. More than one needs this
 *     library's protocol, a target that is reached again ({@link MigrationTarget#isReachedAgain}), and a time for connecting
 *     again at both ends; otherwise one link is used. Each compresses in a thread of its own
 */
public record MigrationPace(
        OptionalLong bytesPerSecond, Optional<Duration> longestRest, boolean autoConverge, int streams) {
    /** The largest number of links that carry pages at once. */
    public static final int MOST_STREAMS = 1 + Join.MOST_BESIDE;

    /** No limit, and at most five passes. */
    public static final MigrationPace STANDARD = new MigrationPace(OptionalLong.empty(), Optional.empty());

    /**
     * A pace at which no guest is slowed down, over one link.
     *
     * @param bytesPerSecond bytes that are sent each second at most while the guest runs
     * @param longestRest the longest time that the copy of the rest may be predicted to take
     */
    public MigrationPace(OptionalLong bytesPerSecond, Optional<Duration> longestRest) {
        this(bytesPerSecond, longestRest, false);
    }

    /**
     * A pace over one link.
     *
     * @param bytesPerSecond bytes that are sent each second at most while the guest runs
     * @param longestRest the longest time that the copy of the rest may be predicted to take
     * @param autoConverge whether the guest is slowed down if it writes too much for the longest rest
     */
    public MigrationPace(OptionalLong bytesPerSecond, Optional<Duration> longestRest, boolean autoConverge) {
        this(bytesPerSecond, longestRest, autoConverge, 1);
    }

    /**
     * Checks the numbers, and that a guest is slowed down only for a longest rest.
     *
     * @param bytesPerSecond bytes that are sent each second at most while the guest runs
     * @param longestRest the longest time that the copy of the rest may be predicted to take
     * @param autoConverge whether the guest is slowed down if it writes too much for the longest rest
     * @param streams the number of links that carry pages at once
     * @throws ConfigException if that is not so, or there are too many links
     */
    public MigrationPace {
        if (streams < 1 || streams > MOST_STREAMS) {
            throw new ConfigException(
                    "the number of links of a migration is not between 1 and " + MOST_STREAMS + ": " + streams);
        }
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

    /**
     * {@return the same pace over another number of links}
     *
     * @param links the number of links that carry pages at once
     */
    public MigrationPace streams(int links) {
        return new MigrationPace(bytesPerSecond, longestRest, autoConverge, links);
    }
}
