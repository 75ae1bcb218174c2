// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * Xen cannot be used: a library, the driver or a privilege is missing, or the release is not supported.
 *
 * <p>{@link Retry#AFTER_CHANGE}: the host has to change.
 */
public final class XenUnavailableException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public XenUnavailableException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public XenUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
