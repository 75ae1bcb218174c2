// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * No domain has that name, domid or UUID.
 * {@link Retry#AFTER_CHANGE}: name another domain, or create it.
 */
public final class DomainNotFoundException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public DomainNotFoundException(String message) {
        this(message, null);
    }

    public DomainNotFoundException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
