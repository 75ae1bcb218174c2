// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * xenstored refused a request or cannot be reached; the message names the path and errno. {@link #retry} depends on
 * errno: {@link Retry#LATER} for a conflict or a xenstored that does not run, {@link Retry#AFTER_CHANGE} for missing
 * privileges or a used-up quota, otherwise {@link Retry#NEVER}.
 */
public final class XenStoreException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public XenStoreException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public XenStoreException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.after(errno(cause)));
    }
}
