// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * A guest's device model (QEMU) cannot be found or started, ended too early, or refused a request.
 *
 * <p>{@link Retry#AFTER_CHANGE}: QEMU, its files or its arguments have to change.
 */
public final class DeviceModelException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public DeviceModelException(String message) {
        this(message, null);
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public DeviceModelException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
