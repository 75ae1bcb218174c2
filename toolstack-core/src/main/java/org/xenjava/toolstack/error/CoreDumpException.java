// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * A domain's memory could not be written to a file; there is no such file then.
 * {@link Retry#AFTER_CHANGE}: the file or the disk under it has to change.
 */
public final class CoreDumpException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public CoreDumpException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
