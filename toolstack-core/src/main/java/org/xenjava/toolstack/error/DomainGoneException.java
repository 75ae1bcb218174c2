// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * The domain was destroyed, by someone else or by this handle, while it was worked on.
 * {@link Retry#NEVER}: the domain does not come back.
 */
public final class DomainGoneException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public DomainGoneException(String message) {
        this(message, null);
    }

    public DomainGoneException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.NEVER);
    }
}
