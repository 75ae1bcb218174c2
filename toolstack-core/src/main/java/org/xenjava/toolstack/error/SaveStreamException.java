// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

/**
 * A saved domain's file, or the stream of a migration, does not have the format that it should have: it is damaged,
 * truncated, or something else.
 *
 * <p>{@link Retry#AFTER_CHANGE}: another file is needed.
 */
public final class SaveStreamException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message where in the stream, and what is wrong with it
     */
    public SaveStreamException(String message) {
        super(message, null, Retry.AFTER_CHANGE);
    }
}
