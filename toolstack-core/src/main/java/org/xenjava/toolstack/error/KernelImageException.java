// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * A kernel, a ramdisk or firmware cannot be found or read, is malformed, or is of a kind that cannot be booted.
 * {@link Retry#AFTER_CHANGE}: the file has to change.
 */
public final class KernelImageException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public KernelImageException(String message) {
        this(message, null);
    }

    public KernelImageException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
