// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * A saved domain's file cannot be read or written, or does not have the format that it should have: it is damaged,
 * truncated, or something else.
 *
 * <p>{@link Retry#AFTER_CHANGE}: another file, or another disk under it, is needed.
 */
public final class SaveStreamException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message where in the stream, and what is wrong with it
     */
    public SaveStreamException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, and what went wrong
     * @param cause the exception behind it; null if there is none
     */
    public SaveStreamException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
