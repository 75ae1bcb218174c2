// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * A domain with that name or UUID exists already.
 *
 * <p>{@link Retry#AFTER_CHANGE}: choose another name or UUID, or destroy that domain.
 */
public final class DomainExistsException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public DomainExistsException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public DomainExistsException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
