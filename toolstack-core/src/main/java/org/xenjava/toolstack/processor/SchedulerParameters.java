// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.processor;

import java.util.OptionalInt;

/**
 * Parameters of a pool's scheduler, credit or credit2.
 *
 * @param timeSliceMs time slice in ms, 1 to 1000; credit only
 * @param rateLimitUs shortest time in µs for which a vCPU runs, 100 to 500000; 0 for no limit
 * @param migrationDelayUs time in µs for which a vCPU is not moved to another CPU, at most 100000; credit only
 */
public record SchedulerParameters(OptionalInt timeSliceMs, int rateLimitUs, OptionalInt migrationDelayUs) {
    /**
     * {@return these parameters with another time slice}
     *
     * @param milliseconds time slice in ms
     */
    public SchedulerParameters withTimeSlice(int milliseconds) {
        return new SchedulerParameters(OptionalInt.of(milliseconds), rateLimitUs, migrationDelayUs);
    }

    /**
     * {@return these parameters with another rate limit}
     *
     * @param microseconds rate limit in µs
     */
    public SchedulerParameters withRateLimit(int microseconds) {
        return new SchedulerParameters(timeSliceMs, microseconds, migrationDelayUs);
    }

    /**
     * {@return these parameters with another migration delay}
     *
     * @param microseconds migration delay in µs
     */
    public SchedulerParameters withMigrationDelay(int microseconds) {
        return new SchedulerParameters(timeSliceMs, rateLimitUs, OptionalInt.of(microseconds));
    }
}
