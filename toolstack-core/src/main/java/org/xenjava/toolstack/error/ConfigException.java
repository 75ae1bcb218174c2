// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

/**
 * A guest's configuration is wrong: unreadable, unknown key, a value out of range, or values that do not fit
 * together. Thrown before any hypercall. The message begins with the position in the file, {@code file:line},
 * where there is one.
 * {@link Retry#AFTER_CHANGE}: the configuration has to change.
 */
public final class ConfigException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message, null, Retry.AFTER_CHANGE);
    }

    public ConfigException(String message, Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
