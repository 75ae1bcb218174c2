// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * The domain is not in a state that allows the operation.
 *
 * <p>{@link Retry#AFTER_CHANGE}: the state of the domain has to change.
 */
public final class DomainStateException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public DomainStateException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public DomainStateException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
