// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.time.Duration;
import java.time.Instant;

/** Lets time pass between two looks. */
@FunctionalInterface
interface Sleeper {
    void sleep(Duration time) throws InterruptedException;

    /** Now, by a clock that nobody sets; what it counts from is arbitrary. */
    default Instant now() {
        return Instant.EPOCH.plusNanos(System.nanoTime());
    }
}
