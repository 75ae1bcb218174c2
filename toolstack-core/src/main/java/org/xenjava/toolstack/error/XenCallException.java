// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * Xen refused a hypercall, or its answer is not valid; the message names the call. {@link #errno} is empty in the
 * second case. {@link #retry} depends on errno: {@link Retry#LATER} for temporary failures such as ENOMEM, {@link
 * Retry#AFTER_CHANGE} for missing privileges, otherwise {@link Retry#NEVER}.
 */
public final class XenCallException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public XenCallException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public XenCallException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.after(errno(cause)));
    }
}
