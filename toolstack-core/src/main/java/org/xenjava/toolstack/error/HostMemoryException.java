// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * The host has too little memory for the request. The operation took nothing, and the domain is unchanged.
 *
 * <p>{@link Retry#LATER}: another guest or the scrubber may release memory.
 */
public final class HostMemoryException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public HostMemoryException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public HostMemoryException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.LATER);
    }
}
