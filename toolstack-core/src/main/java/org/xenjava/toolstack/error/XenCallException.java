// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/** Xen refused a hypercall; the cause names it, its domain and errno. */
public final class XenCallException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public XenCallException(String message) {
        this(message, null);
    }

    public XenCallException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
