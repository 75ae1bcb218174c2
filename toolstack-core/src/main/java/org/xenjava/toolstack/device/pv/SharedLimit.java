// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.time.Duration;

/**
 * The longest time that a removal waits for all driver domains together, so that one that hangs delays it once and not for
 * each device.
 */
final class SharedLimit {
    private final long end;

    /** Starts now. */
    SharedLimit(Duration limit) {
        end = System.nanoTime() + limit.toNanos();
    }

    /** The time that is left; zero if the limit has expired. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }
}
