// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * The other end of a migration refused or failed, or the link to it broke. The message says where the guest is.
 *
 * <p>{@link Retry#LATER}: the same migration may succeed once the other end and the link work.
 */
public final class MigrationException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, what went wrong, and where the guest is
     */
    public MigrationException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, what went wrong, and where the guest is
     * @param cause the exception behind it; null if there is none
     */
    public MigrationException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.LATER);
    }
}
