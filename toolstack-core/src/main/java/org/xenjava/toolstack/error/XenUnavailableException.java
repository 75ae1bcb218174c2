// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * No usable Xen below: a library, the driver or a privilege is missing, or the release is not supported.
 * {@link Retry#AFTER_CHANGE}: the host has to change.
 */
public final class XenUnavailableException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public XenUnavailableException(String message) {
        this(message, null);
    }

    public XenUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
