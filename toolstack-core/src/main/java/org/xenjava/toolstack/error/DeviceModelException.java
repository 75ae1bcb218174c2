// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * A guest's device model (QEMU) cannot be found or started, ended too early, or refused what it was asked for.
 * {@link Retry#AFTER_CHANGE}: QEMU or what it is given has to change.
 */
public final class DeviceModelException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public DeviceModelException(String message) {
        this(message, null);
    }

    public DeviceModelException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
