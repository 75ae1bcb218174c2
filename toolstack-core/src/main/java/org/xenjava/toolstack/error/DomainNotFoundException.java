// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * No domain has that name, domid or UUID.
 *
 * <p>{@link Retry#AFTER_CHANGE}: name another domain, or create it.
 */
public final class DomainNotFoundException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public DomainNotFoundException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public DomainNotFoundException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
