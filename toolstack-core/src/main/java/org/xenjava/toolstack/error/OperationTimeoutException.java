// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * Something that was waited for did not happen in time.
 * {@link Retry#LATER}: what was waited for may still come.
 */
public final class OperationTimeoutException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public OperationTimeoutException(String message) {
        this(message, null);
    }

    public OperationTimeoutException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.LATER);
    }
}
