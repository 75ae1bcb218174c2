// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * The caller cancelled the operation. Its effects were undone.
 *
 * <p>{@link Retry#LATER}: the operation itself did not fail.
 */
public final class OperationCancelledException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public OperationCancelledException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public OperationCancelledException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.LATER);
    }
}
