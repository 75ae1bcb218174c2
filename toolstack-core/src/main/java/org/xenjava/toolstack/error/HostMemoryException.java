// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * The host cannot back what was asked: nothing was taken, and the domain is as it was.
 * {@link Retry#LATER}: another guest or the scrubber may release memory.
 */
public final class HostMemoryException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public HostMemoryException(String message) {
        this(message, null);
    }

    public HostMemoryException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.LATER);
    }
}
