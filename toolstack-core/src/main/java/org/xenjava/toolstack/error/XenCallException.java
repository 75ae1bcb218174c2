// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * Xen refused a hypercall, or answered it with something else than was asked for; the message names the call.
 * {@link #errno} is empty in the second case. {@link #retry} depends on errno: {@link Retry#LATER} for what may pass,
 * such as ENOMEM, {@link Retry#AFTER_CHANGE} for missing privileges, otherwise {@link Retry#NEVER}.
 */
public final class XenCallException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public XenCallException(String message) {
        this(message, null);
    }

    public XenCallException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.after(errno(cause)));
    }
}
