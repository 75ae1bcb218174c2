// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * The caller cancelled the operation; what it had done was undone.
 * {@link Retry#LATER}: nothing but the caller stood in the way.
 */
public final class OperationCancelledException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public OperationCancelledException(String message) {
        this(message, null);
    }

    public OperationCancelledException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.LATER);
    }
}
