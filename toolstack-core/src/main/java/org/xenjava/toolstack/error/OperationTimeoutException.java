// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import java.math.BigDecimal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An expected event did not happen before a timeout expired.
 *
 * <p>{@link Retry#LATER}: the event may still happen.
 */
public final class OperationTimeoutException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public OperationTimeoutException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public OperationTimeoutException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.LATER);
    }

    /**
     * {@return the failure of a wait whose timeout expired}
     *
     * @param message what has not happened
     * @param limit the timeout; the message states it in seconds
     * @param details the end of the message; may be empty
     */
    public static OperationTimeoutException after(String message, Duration limit, String details) {
        String seconds =
                BigDecimal.valueOf(limit.toMillis(), 3).stripTrailingZeros().toPlainString();
        return new OperationTimeoutException(message + " within " + seconds + " s" + details);
    }
}
