// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.time.Duration;
import org.xenjava.toolstack.error.ConfigException;

/**
 * The longest waits of a migration.
 *
 * @param start until the receiver reports that it has started
 * @param silence without a byte from the other end, or with none taken by it
 * @param devices from the end of the stream until the receiver has attached the devices
 * @param asking for the target's answer whether it has the guest, after the link was lost
 * @param reconnecting after the link was lost before the hand-over: for that time the sender tries to connect again, but
 *     for 10 s if the guest is suspended. The receiver keeps what it has built for the shorter one of the sender's time and
 *     its own, plus 10 % and 1 s. Zero: the migration ends with the link
 */
public record MigrationLimits(
        Duration start, Duration silence, Duration devices, Duration asking, Duration reconnecting) {
    private static final Duration RECONNECTING = Duration.ofMinutes(1);
    private static final Duration LONGEST = Duration.ofHours(1);

    /**
     * Five minutes for the start, five of silence, five for the devices, two for an answer, one for connecting again. A guest
     * that suspends itself may be silent for two minutes.
     */
    public static final MigrationLimits STANDARD = new MigrationLimits(
            Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(2));

    /**
     * Limits of which the one for connecting again is a minute.
     *
     * @param start until the receiver reports that it has started
     * @param silence without a byte from the other end, or with none taken by it
     * @param devices from the end of the stream until the receiver has attached the devices
     * @param asking for the target's answer whether it has the guest, after the link was lost
     */
    public MigrationLimits(Duration start, Duration silence, Duration devices, Duration asking) {
        this(start, silence, devices, asking, RECONNECTING);
    }

    /**
     * Checks the time for connecting again.
     *
     * @param start until the receiver reports that it has started
     * @param silence without a byte from the other end, or with none taken by it
     * @param devices from the end of the stream until the receiver has attached the devices
     * @param asking for the target's answer whether it has the guest, after the link was lost
     * @param reconnecting after the link was lost before the hand-over
     * @throws ConfigException if the time for connecting again is negative or more than an hour
     */
    public MigrationLimits {
        if (reconnecting.isNegative() || reconnecting.compareTo(LONGEST) > 0) {
            throw new ConfigException("the time for connecting again is not between 0 and an hour: " + reconnecting);
        }
    }

    /**
     * {@return the same limits with another time for connecting again}
     *
     * @param time at most an hour; zero: the migration ends with the link
     */
    public MigrationLimits reconnecting(Duration time) {
        return new MigrationLimits(start, silence, devices, asking, time);
    }
}
