// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * A disk or a network card could not be attached to a domain, or not detached from it.
 * {@link Retry#AFTER_CHANGE}: the device, its configuration or its back end has to change.
 */
public final class DeviceException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public DeviceException(String message) {
        this(message, null);
    }

    public DeviceException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
