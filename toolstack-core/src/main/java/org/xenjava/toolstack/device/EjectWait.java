// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The wait for a guest that is asked to release a device.
 *
 * @param limit the longest wait
 * @param pause sleeps
 */
public record EjectWait(Duration limit, Consumer<Duration> pause) {
    private static final Duration STEP = Duration.ofMillis(100);

    /** The same wait with a limit that is not longer than the given one. */
    public EjectWait atMost(Duration other) {
        return new EjectWait(limit.compareTo(other) < 0 ? limit : other, pause);
    }

    /** Waits until a condition holds; false if the limit expires. */
    public boolean until(BooleanSupplier condition) {
        for (Duration waited = Duration.ZERO; !condition.getAsBoolean(); waited = waited.plus(STEP)) {
            if (waited.compareTo(limit) >= 0) {
                return false;
            }
            pause.accept(STEP);
        }
        return true;
    }
}
