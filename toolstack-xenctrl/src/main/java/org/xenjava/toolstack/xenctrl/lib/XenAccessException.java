// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * There is no Xen to talk to: a library, the hypervisor, a driver, xenstored or a privilege is missing. The message
 * is for the administrator: it says what is missing and what to install or do.
 */
public final class XenAccessException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A failure to reach Xen.
     *
     * @param message what is missing and what to install or do
     * @param cause the failure behind it
     */
    public XenAccessException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
