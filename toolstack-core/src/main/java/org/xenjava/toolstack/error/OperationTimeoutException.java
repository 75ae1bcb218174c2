// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import java.math.BigDecimal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Something that was waited for did not happen in time.
 * {@link Retry#LATER}: what was waited for may still come.
 */
public final class OperationTimeoutException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public OperationTimeoutException(String message) {
        this(message, null);
    }

    public OperationTimeoutException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.LATER);
    }

    /**
     * {@return the failure of a wait}
     *
     * @param message what has not happened
     * @param limit how long it was waited for; the message has it in seconds
     * @param details what follows in the message; may be empty
     */
    public static OperationTimeoutException after(String message, Duration limit, String details) {
        String seconds =
                BigDecimal.valueOf(limit.toMillis(), 3).stripTrailingZeros().toPlainString();
        return new OperationTimeoutException(message + " within " + seconds + " s" + details);
    }
}
