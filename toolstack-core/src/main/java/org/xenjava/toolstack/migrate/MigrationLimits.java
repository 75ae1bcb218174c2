// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.time.Duration;

/**
 * The longest waits of a migration.
 *
 * @param start until the receiver reports that it has started
 * @param silence without a byte from the other end, or with none taken by it
 * @param devices from the end of the stream until the receiver has attached the devices
 * @param asking for the target's answer whether it has the guest, after the link was lost
 */
public record MigrationLimits(Duration start, Duration silence, Duration devices, Duration asking) {
    /**
     * Five minutes for the start, five of silence, five for the devices, two for an answer. A guest that suspends itself
     * may be silent for two minutes.
     */
    public static final MigrationLimits STANDARD = new MigrationLimits(
            Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(2));
}
