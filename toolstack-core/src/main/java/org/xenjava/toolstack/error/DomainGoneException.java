// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * The domain was destroyed, by another process or through this handle, before the operation ended.
 *
 * <p>{@link Retry#NEVER}: a new domain has another number and, unless configured, another UUID.
 */
public final class DomainGoneException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public DomainGoneException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public DomainGoneException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.NEVER);
    }
}
