// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.time.Duration;

/**
 * The time for which requests wait for a xenstored that is gone.
 *
 * @param patience counted from the loss of the connection; a request that meets no xenstored afterwards fails
 * @param firstDelay between the first two attempts to connect; doubles with each attempt
 * @param longestDelay between two attempts
 * @param answerLimit for xenstored to answer a request, after which the connection counts as lost
 */
public record ReconnectPolicy(Duration patience, Duration firstDelay, Duration longestDelay, Duration answerLimit) {
    private static final ReconnectPolicy STANDARD = new ReconnectPolicy(
            Duration.ofSeconds(10), Duration.ofMillis(50), Duration.ofSeconds(2), Duration.ofMinutes(1));

    private static final ReconnectPolicy IMPATIENT =
            new ReconnectPolicy(Duration.ZERO, Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofMinutes(1));

    /** {@return 10 seconds of patience, delays of 50 ms to 2 s, a minute for an answer} */
    public static ReconnectPolicy standard() {
        return STANDARD;
    }

    /** {@return no patience: every request tries once to connect} */
    public static ReconnectPolicy impatient() {
        return IMPATIENT;
    }
}
